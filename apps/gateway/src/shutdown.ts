import type { Log } from '#platform';

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

const signals: readonly Signal[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];
const exitCodes: Readonly<Record<Signal, number>> = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 };
/** Everything acknowledged is durable, so cutting off what still runs after this loses nothing. */
const hardLimitMs = 28_000;
/** npm passes on a Ctrl-C that the terminal has sent to this process already: that is not a second wish. */
const echoMs = 1_000;

/** Ends the process in order: what was opened last closes first. */
export class Shutdown {
  private readonly steps: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  private signalledAt: number | undefined;

  constructor(private readonly log: Log) {}

  /** Steps run one after the other, the latest first. A failing step is logged and does not stop the rest. */
  push(name: string, close: () => Promise<void>): void {
    this.steps.push({ name, close });
  }

  /** From here on a signal drains and exits 0; a second one exits at once. */
  listen(onFirst: () => void): void {
    for (const signal of signals) process.on(signal, () => this.receive(signal, onFirst));
  }

  /** Closes what is open. Used by a start that failed as well. */
  async run(): Promise<void> {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step.close();
      } catch (error) {
        this.log.error({ step: step.name, error }, 'A part did not close properly');
      }
    }
  }

  private receive(signal: Signal, onFirst: () => void): void {
    if (this.signalledAt !== undefined) {
      if (Date.now() - this.signalledAt > echoMs) process.exit(exitCodes[signal]);
      return;
    }
    this.signalledAt = Date.now();
    const limitSeconds = hardLimitMs / 1_000;
    this.log.info({ signal, limitSeconds }, 'Draining: finishing what is under way; a second signal ends it at once');
    onFirst();
    setTimeout(() => {
      this.log.warn({ limitMs: hardLimitMs }, 'Draining took too long; leaving the rest to the next start');
      process.exit(0);
    }, hardLimitMs);
    void this.run().then(() => {
      this.log.info({}, 'Stopped');
      process.exit(0);
    });
  }
}
