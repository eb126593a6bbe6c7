import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './temp-dir.js';
import { onEnd } from './resources.js';

export interface SinkRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds since 1970, when it had arrived whole. */
  readonly at: number;
}

export type SinkReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly delayMs?: number;
    }
  /** Never answers. */
  | 'hang'
  /** Breaks the connection after reading the request. */
  | 'reset';

/** `index` counts requests from 0. */
export type SinkBehaviour = (request: SinkRequest, index: number) => SinkReply | Promise<SinkReply>;

export interface Sink {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** In order of arrival. */
  readonly requests: readonly SinkRequest[];
  readonly replyWith: (behaviour: SinkBehaviour) => void;
  /** Refuses connections until `up`. */
  readonly down: () => Promise<void>;
  readonly up: () => Promise<void>;
}

/** A destination that records what it gets. Answers 200 unless told otherwise. */
export async function startSink({ reply = () => ({ status: 200 }) }: { reply?: SinkBehaviour } = {}): Promise<Sink> {
  const port = await freePort();
  const requests: SinkRequest[] = [];
  let behaviour = reply;
  const server = createServer((incoming, response) => {
    void receive(incoming).then(async (request) => {
      if (!request) return;
      const index = requests.push(request) - 1;
      await answer(await behaviour(request, index), incoming, response);
    });
  });
  const up = (): Promise<void> => listen(server, port);
  const down = (): Promise<void> => close(server);
  await up();
  onEnd(down);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    replyWith: (next) => void (behaviour = next),
    up,
    down,
  };
}

/** Undefined if the connection broke before the end. */
async function receive(incoming: IncomingMessage): Promise<SinkRequest | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of incoming) parts.push(part as Buffer);
  } catch {
    return undefined;
  }
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: Buffer.concat(parts).toString('utf8'), at: Date.now() };
}

async function answer(reply: SinkReply, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (reply.delayMs !== undefined) await delay(reply.delayMs, undefined, { ref: false });
  response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
}

function listen(server: Server, port: number): Promise<void> {
  if (server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
