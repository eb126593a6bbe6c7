import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  dialectClients,
  httpClient,
  type Ask,
  type ClientRequest,
  type DialectClient,
  type Happening,
  type HttpAnswer,
} from '../../support/index.js';
import { Chance } from './chance.js';
import type { Ledger } from './ledger.js';

const CLIENTS_PER_DIALECT = 2;
const BASE_MS = Date.parse('2026-05-01T00:00:00.000Z');
/** No answer for so long is no answer: the request is sent again. */
const PATIENCE_MS = 4_000;
/** `Retry-After` is obeyed up to here: rounds are short. */
const MAX_WAIT_MS = 400;
/** Of these, one event in so many is one that FloKit refuses. A repeat of Kixo's could not be told from a second one. */
const POISONERS: readonly string[] = ['vibefollow', 'klaviyo'];
const POISON_EVERY = 97;
export const POISON = 'subscription_started';
/** One event in so many is one that a destination of few words wants. */
const RARE_EVERY = 10;
export const RARE = 'rarely';
const USERS_PER_CLIENT = 25;
/** Rounds may follow each other in one installation: no two speak of the same event. */
export const NUMBERS_PER_SEED = 1_000_000;
const sizes = [1, 1, 5, 20, 60, 150] as const;

/** Customers of the four vendors, who send until they are told to stop and repeat every request until it is answered. */
export class Clients {
  private stopped = false;
  private numbers = 0;

  constructor(
    private readonly port: number,
    private readonly seed: number,
    private readonly ledger: Ledger,
  ) {}

  /** Resolves after `stop`, when every request has been acknowledged. */
  async run(): Promise<void> {
    const chance = new Chance(this.seed ^ 0x5eed);
    const each = dialectClients.flatMap((client) => Array.from({ length: CLIENTS_PER_DIALECT }, () => client));
    await Promise.all(
      each.map((client, place) => this.drive(client, userNames(this.seed, client, place), chance.branch())),
    );
  }

  stop(): void {
    this.stopped = true;
  }

  /** Over one connection, and nobody else speaks of these users: their events are accepted in the order of sending. */
  private async drive(client: DialectClient, users: readonly string[], chance: Chance): Promise<void> {
    const ask = httpClient(this.port, { maxConnections: 1 });
    while (!this.stopped) {
      const happenings = this.happenings(client, users, chance.pick(sizes));
      const request = client.request(happenings, `key-${happenings[0]?.mark ?? ''}`);
      await this.sendUntilTaken(client, ask, request, happenings);
      await delay(chance.between(50, 250));
    }
  }

  /** Of one kind, each with a second of its own: no vendor takes two for one. */
  private happenings({ dialect, kinds }: DialectClient, users: readonly string[], count: number): readonly Happening[] {
    const kind = kinds[this.numbers % kinds.length] ?? 'timed';
    return Array.from({ length: count }, () => {
      const n = (this.numbers += 1);
      const number = this.seed * NUMBERS_PER_SEED + n;
      const isPoison = POISONERS.includes(dialect) && kind !== 'profile' && n % POISON_EVERY === 0;
      const mark = `${dialect}-${number}`;
      return {
        mark,
        name: isPoison ? POISON : n % RARE_EVERY === 0 ? RARE : `happened_${n % 3}`,
        user: users[n % users.length] ?? '',
        time: new Date(BASE_MS + n * 1_000).toISOString(),
        kind,
        padding: createHash('sha512').update(mark).digest('base64url'),
      };
    });
  }

  private async sendUntilTaken(
    client: DialectClient,
    ask: Ask,
    request: ClientRequest,
    happenings: readonly Happening[],
  ): Promise<void> {
    const { ledger } = this;
    const marks = happenings.map(({ mark }) => mark);
    ledger.send(happenings);
    for (let tries = 1; ; tries += 1) {
      ledger.requests += 1;
      const answer = await post(ask, request);
      if (answer && client.success.includes(answer.status)) {
        const { dialect } = client;
        return ledger.acknowledge(marks, { dialect, acknowledgedAt: Date.now(), repeated: tries > 1 });
      }
      ledger.refusals += 1;
      if (answer && ![429, 503].includes(answer.status)) {
        ledger.wrongAnswers.push(`${client.dialect} ${request.path}: ${answer.status} ${answer.text.slice(0, 300)}`);
        return;
      }
      await delay(waitMs(answer, tries));
    }
  }
}

/** `place`: of the client among all. */
export function userNames(seed: number, { dialect }: DialectClient, place: number): readonly string[] {
  return Array.from({ length: USERS_PER_CLIENT }, (_, n) => `${dialect}-user-${seed}-${place}-${n}`);
}

/** Undefined where the connection broke or the patience ended. */
function post(ask: Ask, { path, headers, body }: ClientRequest): Promise<HttpAnswer | undefined> {
  return ask({
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    timeoutMs: PATIENCE_MS,
  }).catch(() => undefined);
}

function waitMs(answer: HttpAnswer | undefined, tries: number): number {
  const asked = Number(answer?.headers['retry-after'] ?? 0) * 1_000;
  return Math.min(MAX_WAIT_MS, Math.max(asked, 20 * 2 ** Math.min(tries, 5)));
}
