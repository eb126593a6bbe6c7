import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { DialectRegistry, IngestServer, ingestServerOptions, MAX_IN_FLIGHT_BYTES, type Dialect } from '#dialects';
import type { GoldenRequest } from './golden.js';
import { stagePorts, type Stage } from './memory-ports.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One dialect's ingest on a free port, with the ports bound to the stage. */
export class IngestFixture {
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly instance: FastifyInstance,
    readonly ingest: IngestServer,
    readonly port: number,
  ) {}

  static async start(dialects: readonly Dialect[], stage: Stage, maxInFlightBytes = MAX_IN_FLIGHT_BYTES) {
    const registry = DialectRegistry.of(dialects);
    const { sources, intake, rejections, limiter, observer } = stagePorts(stage);
    const newRequestId = (): string => stage.world.newRequestId();
    const settings = { maxInFlightBytes, clock: () => stage.world.now, newRequestId };
    const ingest = new IngestServer(registry, sources, intake, rejections, limiter, observer, settings);
    const instance = fastify(ingestServerOptions(registry, newRequestId));
    ingest.register(instance);
    await instance.listen({ host: '127.0.0.1', port: 0 });
    return new IngestFixture(instance, ingest, (instance.server.address() as AddressInfo).port);
  }

  send({ method = 'POST', path, headers = {}, ...content }: GoldenRequest): Promise<HttpAnswer> {
    const bytes = bodyBytes(content);
    const length = bytes && headers['Transfer-Encoding'] === undefined ? { 'Content-Length': bytes.length } : {};
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port: this.port, method, path, headers: { ...headers, ...length }, agent: this.agent },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const body = Buffer.concat(chunks).toString('utf8');
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.instance.close();
  }
}

function bodyBytes(content: Pick<GoldenRequest, 'body' | 'rawBody' | 'base64Body'>): Buffer | undefined {
  if (content.base64Body !== undefined) return Buffer.from(content.base64Body, 'base64');
  if (content.rawBody !== undefined) return Buffer.from(content.rawBody, 'utf8');
  return content.body === undefined ? undefined : Buffer.from(JSON.stringify(content.body), 'utf8');
}
