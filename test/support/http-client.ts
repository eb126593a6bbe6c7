import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { onEnd } from './resources.js';

export interface HttpRequest {
  readonly method?: string;
  /** Sent as it is: nothing is normalized. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** No answer for so long is a failure of the test. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** From sending to the end of the answer. */
  readonly tookMs: number;
}

export type Ask = (request: HttpRequest) => Promise<HttpAnswer>;

/** Asks one server over connections that are kept. Rejects when the connection breaks. */
export function httpClient(port: number, { maxConnections = 64 } = {}): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  onEnd(() => agent.destroy());
  return ({ method = 'POST', path, headers = {}, body, timeoutMs = 30_000 }) => {
    const startedAt = performance.now();
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...length } },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            const { statusCode: status = 0, headers } = incoming;
            resolve({ status, headers, text, tookMs: performance.now() - startedAt });
          });
        },
      );
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`${path} gave no answer in ${timeoutMs} ms`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
}

/** Does the work for every item, at most so many at once. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}
