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

/** A cable between two programs that can be pulled. */
export class TcpProxy {
  private weather: Weather = { kind: 'fair' };
  private readonly sockets = new Set<Socket>();
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
    this.carry(near, far, () => true);
    this.carry(far, near, () => this.weather.kind !== 'mute');
  }

  /** In order, whatever the weather turns to. */
  private carry(from: Socket, to: Socket, arrives: () => boolean): void {
    let way = Promise.resolve();
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      way = way.then(async () => {
        if (this.weather.kind === 'slow') await delay(this.weather.delayMs, undefined, { ref: false });
        if (arrives() && to.writable) to.write(bytes);
      });
    });
    from.on('end', () => void way.then(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      void way.then(() => to.destroy());
    });
  }

  private async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }
}
