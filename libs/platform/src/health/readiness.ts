import { messageOf } from '../errors/index.js';

/** One thing that must hold before an event can be accepted or delivered. */
export abstract class ReadinessCheck {
  /** Names the culprit in answers, e.g. `redis`. */
  abstract readonly name: string;
  /** What is wrong, in sentences; empty: ready. A rejection counts as not ready. */
  abstract check(): readonly string[] | Promise<readonly string[]>;
}

export interface Unreadiness {
  readonly check: string;
  readonly reason: string;
}

const MAX_WAIT_MS = 700;

/** What `/health/ready` asks. Injectable; every component registers the checks it stands for. */
export class Readiness {
  private readonly checks: ReadinessCheck[] = [];
  private readonly known: string[] = [];
  private drainingSince: number | undefined;

  register(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** Something that an acknowledgement does not promise here, though events can be accepted. */
  addCaveat(caveat: string): void {
    this.known.push(caveat);
  }

  get caveats(): readonly string[] {
    return this.known;
  }

  /** True from the first signal on: nothing new may be accepted. */
  get draining(): boolean {
    return this.drainingSince !== undefined;
  }

  startDraining(): void {
    this.drainingSince ??= Date.now();
  }

  /** Empty: ready. Answers within a second whatever a check does. */
  async assess(): Promise<readonly Unreadiness[]> {
    if (this.draining) return [{ check: 'process', reason: 'is shutting down' }];
    const findings = await Promise.all(this.checks.map(async (check) => reasonsOf(check)));
    return findings.flat();
  }
}

async function reasonsOf(check: ReadinessCheck): Promise<readonly Unreadiness[]> {
  const toFindings = (reasons: readonly string[]) => reasons.map((reason) => ({ check: check.name, reason }));
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([`gave no answer within ${MAX_WAIT_MS} ms`]), MAX_WAIT_MS);
  });
  try {
    const answer = Promise.resolve().then(() => check.check());
    return toFindings(await Promise.race([answer, silence]));
  } catch (error) {
    return toFindings([messageOf(error)]);
  } finally {
    clearTimeout(timer);
  }
}
