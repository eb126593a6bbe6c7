import dns, { type LookupAddress } from 'node:dns';

export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

interface Known {
  readonly addresses: readonly LookupAddress[];
  readonly atMs: number;
}

const FRESH_MS = 30_000;
const USABLE_MS = 600_000;
const MAX_NAMES = 1_000;

/**
 * Resolves host names as the operating system does. That uses a handful of threads, which a few names whose servers are
 * silent can occupy for long: hence one question per name at a time, and a name that was known lately is answered at
 * once while it is asked again, so that no destination waits for another one's DNS.
 */
export class NameResolver {
  private readonly known = new Map<string, Known>();
  private readonly asked = new Map<string, Promise<readonly LookupAddress[]>>();

  constructor(
    private readonly resolve: Resolve = (name) => dns.promises.lookup(name, { all: true }),
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws what the system's resolver throws. */
  async addressesOf(name: string): Promise<readonly LookupAddress[]> {
    const known = this.known.get(name);
    const ageMs = known ? this.now() - known.atMs : Infinity;
    if (known && ageMs < FRESH_MS) return known.addresses;
    const question = this.ask(name);
    if (!known || ageMs >= USABLE_MS) return question;
    question.catch(() => undefined);
    return known.addresses;
  }

  private ask(name: string): Promise<readonly LookupAddress[]> {
    const underWay = this.asked.get(name);
    if (underWay) return underWay;
    const question = this.answer(name).finally(() => this.asked.delete(name));
    this.asked.set(name, question);
    return question;
  }

  private async answer(name: string): Promise<readonly LookupAddress[]> {
    try {
      const addresses = await this.resolve(name);
      this.remember(name, { addresses, atMs: this.now() });
      return addresses;
    } catch (error) {
      // A resolver that is in trouble leaves what is known; one that says the name is gone does not.
      if (codeOf(error) === 'ENOTFOUND') this.known.delete(name);
      throw error;
    }
  }

  private remember(name: string, known: Known): void {
    this.known.delete(name);
    this.known.set(name, known);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_NAMES && oldest !== undefined) this.known.delete(oldest);
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
