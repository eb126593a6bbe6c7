import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, onEnd } from '../../support/index.js';

/** What happens to bytes on their way. */
type Weather =
  | { readonly kind: 'fair' }
  /** No connection comes about. */
  | { readonly kind: 'parted' }
  /** Nothing comes back. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** One connection through the proxy. */
interface Flow {
  /** From the proxy: how the target knows it. */
  readonly far: Socket;
  isDropped: boolean;
}

/** A cable between two programs that can be pulled. */
export class TcpProxy {
  private weather: Weather = { kind: 'fair' };
  private readonly sockets = new Set<Socket>();
  private readonly flows = new Set<Flow>();
  private readonly server: Server;

  private constructor(
    readonly port: number,
    private readonly targetPort: number,
  ) {
    this.server = createServer((near) => this.join(near));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), targetPort);
    await new Promise<void>((resolve) => proxy.server.listen(proxy.port, '127.0.0.1', resolve));
    onEnd(() => proxy.close());
    return proxy;
  }

  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  part(): void {
    this.weather = { kind: 'parted' };
    this.cut();
  }

  mute(): void {
    this.weather = { kind: 'mute' };
  }

  /**
   * The connections there are now carry nothing any more, for ever, and neither end learns it; new ones work. As when a
   * firewall forgets them. Only those that the target sees coming from `ports`, if given.
   */
  drop(ports?: ReadonlySet<number>): void {
    for (const flow of this.flows) flow.isDropped ||= ports?.has(flow.far.localPort ?? 0) ?? true;
  }

  slow(delayMs: number): void {
    this.weather = { kind: 'slow', delayMs };
  }

  /** A connection that has swallowed something cannot go on. */
  mend(): void {
    const { kind } = this.weather;
    this.weather = { kind: 'fair' };
    if (kind === 'mute') this.cut();
  }

  private join(near: Socket): void {
    if (this.weather.kind === 'parted') return void near.resetAndDestroy();
    const far = connect(this.targetPort, '127.0.0.1');
    const flow: Flow = { far, isDropped: false };
    this.flows.add(flow);
    far.on('close', () => this.flows.delete(flow));
    this.carry(flow, near, far, () => true);
    this.carry(flow, far, near, () => this.weather.kind !== 'mute');
  }

  /** In order, whatever the weather turns to. */
  private carry(flow: Flow, from: Socket, to: Socket, arrives: () => boolean): void {
    let way = Promise.resolve();
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      way = way.then(async () => {
        if (this.weather.kind === 'slow') await delay(this.weather.delayMs, undefined, { ref: false });
        if (arrives() && !flow.isDropped && to.writable) to.write(bytes);
      });
    });
    const tell = (act: () => unknown): void => {
      if (!flow.isDropped) act();
    };
    from.on('end', () => void way.then(() => tell(() => to.end())));
    from.on('error', () => tell(() => to.destroy()));
    from.on('close', () => {
      this.sockets.delete(from);
      void way.then(() => tell(() => to.destroy()));
    });
  }

  private async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }
}
