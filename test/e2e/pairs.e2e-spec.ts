import {
  admin,
  dialectClients,
  eventsOf,
  onEnd,
  report,
  startGateway,
  startSink,
  until,
  type Admin,
  type DialectClient,
  type Gateway,
  type Happening,
} from '../support/index.js';
import { startFlokit } from '../support/stand-ins/flokit.js';
import { startKixo } from '../support/stand-ins/kixo.js';
import { startKlaviyo } from '../support/stand-ins/klaviyo.js';
import type { StandIn } from '../support/stand-ins/stand-in.js';
import { startVibefollow } from '../support/stand-ins/vibefollow.js';

/** A long run: `EVENTS_PER_PAIR=10000 npm test -- pairs`. */
const EVENTS = Number(process.env.EVENTS_PER_PAIR ?? 300);
const PER_REQUEST = 100;
const BASE_MS = Date.parse('2026-05-01T00:00:00.000Z');
const TIMEOUT_MS = 60_000 + EVENTS * 20;

/** FloKit demands a currency of this one, so the others' events of the name are poison there. */
const POISON = 'subscription_started';
const poisoned = (dialect: string): string => `${dialect}-${EVENTS - 1}`;

interface Receiver {
  readonly type: string;
  readonly standIn: StandIn;
  readonly config: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
}

/** Half a minute apart, so that the times tell them apart even where seconds are cut. */
function happeningsOf({ dialect, kinds }: DialectClient): readonly Happening[] {
  return Array.from({ length: EVENTS }, (_, i) => ({
    mark: `${dialect}-${i}`,
    name: i === EVENTS - 1 && dialect !== 'flokit' ? POISON : `happened_${i % 3}`,
    user: `${dialect}-user-${i % 50}`,
    time: new Date(BASE_MS + i * 30_000).toISOString(),
    kind: i === EVENTS - 1 ? 'timed' : (kinds[Math.floor(i / 10) % kinds.length] ?? 'timed'),
  }));
}

async function pour({ baseUrl }: Gateway, client: DialectClient): Promise<void> {
  const happenings = happeningsOf(client);
  for (const kind of client.kinds) {
    const ofKind = happenings.filter((happening) => happening.kind === kind);
    for (let i = 0; i < ofKind.length; i += PER_REQUEST) {
      const { path, headers, body } = client.request(ofKind.slice(i, i + PER_REQUEST));
      const answer = await fetch(baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (!client.success.includes(answer.status)) throw new Error(`${client.dialect}: ${answer.status} ${text}`);
    }
  }
}

const markIn = (value: unknown): string => /"mark":"([a-z]+-\d+)"/.exec(JSON.stringify(value))?.[1] ?? 'none';

/** How often each mark was kept. */
function marksAt({ taken }: StandIn): ReadonlyMap<string, number> {
  const marks = new Map<string, number>();
  for (const { wire } of taken) marks.set(markIn(wire), (marks.get(markIn(wire)) ?? 0) + 1);
  return marks;
}

/** Marks of events that knew their time and arrived with another one. */
function mistimed({ taken }: StandIn): readonly string[] {
  return taken.flatMap(({ wire }) => {
    const text = JSON.stringify(wire);
    const sent = times.get(markIn(wire));
    return sent === undefined || text.includes(`":"${sent}"`) ? [] : [text];
  });
}

async function startReceivers(): Promise<readonly Receiver[]> {
  const kixo = { projectId: 'kx_out', apiKey: 'kx_key_out' };
  const started = await Promise.all([
    startFlokit({ apiKey: 'fk_out' }),
    startVibefollow({ apiKey: 'sk_out' }),
    startKixo(kixo),
    startKlaviyo({ privateKey: 'pk_out' }),
  ]);
  started.forEach((standIn) => onEnd(() => standIn.close()));
  const [flokit, vibefollow, kixoIn, klaviyo] = started;
  return [
    { type: 'flokit', standIn: flokit, config: {}, credentials: { apiKey: 'fk_out' } },
    { type: 'vibefollow', standIn: vibefollow, config: {}, credentials: { apiKey: 'sk_out' } },
    { type: 'kixo', standIn: kixoIn, config: { bundleId: 'com.acme.server', platform: 'web' }, credentials: kixo },
    { type: 'klaviyo', standIn: klaviyo, config: {}, credentials: { privateKey: 'pk_out' } },
  ];
}

async function configure(control: Admin, receivers: readonly Receiver[]): Promise<void> {
  for (const { dialect, credentials } of dialectClients) await control.createSource({ dialect, credentials });
  for (const { type, standIn, config, credentials } of receivers) {
    await control.createDestination({
      id: type,
      type,
      config: { baseUrl: standIn.url, ...config },
      credentials,
      batch: { maxWaitMs: 200 },
      retry: { maxAttempts: 20, maxAgeSeconds: 600, minDelayMs: 50, maxDelayMs: 500 },
    });
  }
}

const happenings = dialectClients.flatMap(happeningsOf);
const all = happenings.map(({ mark }) => mark);
const times = new Map(happenings.filter(({ kind }) => kind === 'timed').map(({ mark, time }) => [mark, time]));
const refused = dialectClients.map(({ dialect }) => poisoned(dialect)).filter((mark) => mark !== poisoned('flokit'));
const keptBy = (type: string): readonly string[] =>
  type === 'flokit' ? all.filter((mark) => !refused.includes(mark)) : all;

describe(`${EVENTS} events of every dialect to every vendor and a webhook`, () => {
  let control: Admin;
  let receivers: readonly Receiver[];
  const hooked: string[] = [];

  beforeAll(async () => {
    const gateway = await startGateway({ env: { LOG_LEVEL: 'error' } });
    control = admin(gateway);
    receivers = await startReceivers();
    const sink = await startSink({
      reply: (request) => {
        hooked.push(...eventsOf(request).map(markIn));
        return { status: 200 };
      },
    });
    await configure(control, receivers);
    await control.createDestination({ id: 'hook', config: { url: `${sink.url}/hook` } });
    for (const { type, standIn } of receivers) {
      const busy = { kind: 'answer', reply: { status: 503, body: {} } } as const;
      // Kixo cannot tell a repeat, so an answer of its that is lost would rightly come twice.
      standIn.prescribe(type === 'kixo' ? busy : { kind: 'lose_answer' }, busy);
    }
    const startedAt = performance.now();
    await Promise.all(dialectClients.map((client) => pour(gateway, client)));
    const pouredAt = performance.now();
    for (const { type, standIn } of receivers) {
      const what = `${type} to have all events`;
      await until(() => standIn.taken.length >= keptBy(type).length, { timeoutMs: TIMEOUT_MS, what });
    }
    await until(() => hooked.length >= all.length, { timeoutMs: TIMEOUT_MS, what: 'the webhook to have all events' });
    report(
      `pairs: ${all.length} events in ${Math.round(pouredAt - startedAt)} ms, at five destinations after ` +
        `${Math.round(performance.now() - startedAt)} ms; requests: ` +
        receivers.map(({ type, standIn }) => `${type} ${standIn.requests.length}`).join(', '),
    );
  }, TIMEOUT_MS * 2);

  it('arrive once each, through lost answers, failures and refusals', () => {
    for (const { type, standIn } of receivers) {
      const once = keptBy(type).map((mark) => [mark, 1]);
      expect([type, [...marksAt(standIn)].sort()]).toEqual([type, once.sort()]);
    }
    expect([...hooked].sort()).toEqual([...all].sort());
  });

  it('keep the times they came with', () => {
    expect(receivers.flatMap(({ standIn }) => mistimed(standIn))).toEqual([]);
  });

  it('leave the poisoned ones as dead letters that say why, at the one vendor that refuses them', async () => {
    const stats = await until(
      async () => {
        const found = await Promise.all(receivers.map(({ type }) => control.stats(type)));
        return found.every(({ waiting }) => waiting === 0) ? found : undefined;
      },
      { timeoutMs: 10_000, what: 'everything to be settled' },
    );
    expect(stats.map(({ delivered, deadLettered }) => [delivered, deadLettered])).toEqual(
      receivers.map(({ type }) => [keptBy(type).length, all.length - keptBy(type).length]),
    );
    expect((await control.deadLetters('flokit')).map(({ event, reason }) => [event.event, reason])).toEqual(
      refused.map(() => [POISON, { code: 'event_refused', detail: 'Missing required field: currency' }]),
    );
  });
});
