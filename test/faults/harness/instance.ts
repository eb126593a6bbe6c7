import { setTimeout as delay } from 'node:timers/promises';
import { startGateway, type Gateway, type GatewaySettings } from '../../support/index.js';

const OUTPUT_CHARACTERS = 2_000;

/** One process of the gateway, kept alive as a service manager would: started again whenever it ends. */
export class Instance {
  /** What it said last, each time that it ended without having been killed. */
  readonly deaths: string[] = [];
  private gateway: Gateway | undefined;
  private changing: Promise<unknown> = Promise.resolve();
  private outputs = '';
  private retired = false;

  constructor(
    private readonly settings: GatewaySettings,
    private readonly restartMs = 200,
  ) {}

  get pid(): number | undefined {
    return this.gateway?.pid;
  }

  get current(): Gateway {
    if (!this.gateway) throw new Error('The process is not running');
    return this.gateway;
  }

  /** Of all its lives. */
  get output(): string {
    return this.outputs + (this.gateway?.output() ?? '');
  }

  start(untilReady = false): Promise<void> {
    return this.change(() => this.launch(untilReady));
  }

  /** Kill -9; started again after `downMs`, without waiting until it is ready. */
  kill(downMs: number): Promise<void> {
    return this.change(async () => {
      const { gateway } = this;
      this.gateway = undefined;
      await gateway?.kill();
      this.outputs += gateway?.output() ?? '';
      await delay(downMs);
      await this.launch(false);
    });
  }

  /** For good: what ends after this stays down. */
  retire(): Promise<void> {
    return this.change(async () => {
      this.retired = true;
      await this.gateway?.kill();
    });
  }

  freeze(): void {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.pid !== undefined) process.kill(this.pid, 'SIGCONT');
  }

  private change(work: () => Promise<void>): Promise<void> {
    const next = this.changing.then(work);
    this.changing = next.catch(() => undefined);
    return next;
  }

  private async launch(untilReady: boolean): Promise<void> {
    if (this.retired) return;
    const gateway = await startGateway({ ...this.settings, untilReady });
    this.gateway = gateway;
    void gateway.exited.then(({ code, signal }) => {
      if (this.gateway !== gateway || this.retired) return;
      this.gateway = undefined;
      this.outputs += gateway.output();
      this.deaths.push(`ended with ${signal ?? code}: ${gateway.output().slice(-OUTPUT_CHARACTERS)}`);
      void delay(this.restartMs).then(() => this.start());
    });
  }
}
