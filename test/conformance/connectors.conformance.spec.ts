import { Ajv2020 } from 'ajv/dist/2020.js';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { CanonicalEvent, Json } from '#canonical';
import {
  ConnectorRegistry,
  type HttpConnector,
  type InboundResponse,
  type Interpretation,
  type Placement,
} from '#destinations';
import { redactBody, redactHeaders } from '#platform';
import { allConnectors, type ConnectorGolden } from './connector-golden.js';

const connectors = await allConnectors();

/** What every connector must make of a status whose body tells it nothing. */
const STATUSES: readonly { readonly kind: Interpretation['kind']; readonly statuses: readonly number[] }[] = [
  { kind: 'refused', statuses: [400, 409, 422] },
  { kind: 'too_large', statuses: [413] },
  { kind: 'throttled', statuses: [429] },
  { kind: 'retry', statuses: [408, 425, 500, 502, 503, 504] },
  { kind: 'paused', statuses: [301, 302, 307, 308, 401, 403, 404, 405, 410] },
];

/** Bodies that tell nothing, from proxies, broken vendors and worse. */
const EMPTY_TALK = [
  '',
  ' ',
  '{}',
  '[]',
  'null',
  '0',
  '"no"',
  '{"errors":null}',
  '{"errors":[null]}',
  '{"errors":[{}]}',
].concat(
  ['<html><h1>Bad Gateway</h1></html>', '{"errors":[{"index":-1}]}', '{"errors":[{"index":99999}]}', '{"trunca'],
  ['['.repeat(50_000), '{"__proto__":{"errors":[]}}'],
);

it('forms a registry without faults', () => {
  expect(() => new ConnectorRegistry(connectors.map(({ connector }) => connector))).not.toThrow();
});

describe.each(connectors.map((each) => ({ type: each.connector.type, ...each })))('$type', ({ connector, goldens }) => {
  it('has credentials of texts alone', () => {
    const properties = connector.credentialsSchema.properties as Readonly<Record<string, { readonly type: string }>>;
    expect(Object.values(properties).filter(({ type }) => type !== 'string')).toEqual([]);
  });

  if (connector.transport === 'log') return;

  it('brings cases of requests and of answers', () => {
    expect(goldens.filter(({ golden }) => golden.request)).not.toEqual([]);
    expect(goldens.filter(({ golden }) => golden.answers)).not.toEqual([]);
  });

  describe.each(goldens)('$file', ({ golden }) => checkGolden(connector, golden));
});

/** A golden as the checks need it; `inLane` are the events that are encoded. */
interface Case {
  readonly connector: HttpConnector;
  readonly golden: ConnectorGolden;
  readonly placements: readonly Placement[];
  readonly inLane: readonly CanonicalEvent[];
  readonly lane: string;
}

function checkGolden(connector: HttpConnector, given: ConnectorGolden): void {
  const golden = deepFreeze(given);
  const lane = golden.lane ?? '';
  const placements = golden.placements ?? golden.events.map(() => ({ kind: 'lane', lane }) as const);
  const inLane = golden.events.filter((_event, index) => placements[index]?.kind === 'lane');
  const each: Case = { connector, golden, placements, inLane, lane };
  checkFacts(each);
  if (golden.request) checkRequest(each, golden.request);
  for (const answer of golden.answers ?? []) checkAnswer(each, answer);
  describe('interprets by the common rules', () => checkCommonRules(each));
}

function checkFacts({ connector, golden, placements }: Case): void {
  const { settings, events, lost } = golden;

  it('says why it exists and where its facts come from', () => {
    expect(golden.title).toMatch(/\w/);
    expect(golden.origin).toMatch(/\w/);
  });

  it('has settings that the schemas take', () => {
    const ajv = new Ajv2020({ allErrors: true });
    const { previousSigningSecret: _retiring, ...credentials } = settings.credentials;
    expect(faults(ajv, connector.configSchema, settings.config)).toEqual([]);
    expect(faults(ajv, connector.credentialsSchema, credentials)).toEqual([]);
  });

  it('places its events', () => {
    expect(events.map((event) => connector.place(event, settings))).toEqual(placements);
  });

  if (!lost) return;
  it('names what is lost', () => {
    expect(events.map((event) => connector.lost?.(event, settings) ?? [])).toEqual(lost);
  });
}

function checkRequest(
  { connector, golden, inLane, lane }: Case,
  expected: NonNullable<ConnectorGolden['request']>,
): void {
  const { settings, key } = golden;
  const goldenAt = Date.parse(golden.attemptAt);
  const encode = (attemptAt = goldenAt) => {
    const request = connector.encode(inLane, lane, settings, { key, attemptAt });
    return { ...request, body: String(request.body) };
  };

  it('encodes to the request', () => {
    expect(encode()).toEqual({ method: 'POST', ...expected, body: asText(expected.body) });
  });

  it('encodes the same content again, whenever', () => {
    expect(encode()).toEqual(encode());
    expect(encode(goldenAt + 3_600_000).body).toBe(encode().body);
  });

  it('writes headers that can be sent, to its endpoint, within its limits', () => {
    const { url, headers, body } = encode();
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    expect(new URL(url).origin).toBe(new URL(connector.endpoint(settings)).origin);
    expect(inLane.length).toBeLessThanOrEqual(connector.limits.maxEvents);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(connector.limits.maxBytes);
  });

  it('shows no credential once redacted', () => {
    const { url, headers, body, secretHeaders, secretMembers } = encode();
    const shown = JSON.stringify([url, redactHeaders(headers, secretHeaders), redactBody(body, secretMembers ?? [])]);
    expect(Object.values(settings.credentials).filter((secret) => shown.includes(secret))).toEqual([]);
  });
}

function checkAnswer({ connector, inLane, lane }: Case, answer: NonNullable<ConnectorGolden['answers']>[number]): void {
  const { status, headers = {}, body = '' } = answer.response;

  it(`takes ${status} ${JSON.stringify(body).slice(0, 60)} for ${answer.means.kind}`, () => {
    expect(connector.interpret({ status, headers, body: asText(body) }, inLane, lane)).toEqual(answer.means);
  });
}

function checkCommonRules({ connector, inLane, lane }: Case): void {
  const interpret = (status: number, body: string, headers: InboundResponse['headers'] = {}) =>
    connector.interpret({ status, headers, body }, inLane, lane);

  it.each(STATUSES.flatMap(({ kind, statuses }) => statuses.map((status) => ({ kind, status }))))(
    'status $status as $kind',
    ({ kind, status }) => {
      expect(new Set(EMPTY_TALK.map((body) => interpret(status, body).kind))).toEqual(new Set([kind]));
    },
  );

  it.each([408, 429, 503])('the wait that a %i asks for', (status) => {
    expect(interpret(status, '', { 'retry-after': '7' })).toMatchObject({ afterMs: 7_000 });
  });

  it('an answer of success with anything in it, and one outcome per event where it tells them apart', () => {
    for (const meaning of [200, 201, 202, 204].flatMap((status) => EMPTY_TALK.map((body) => interpret(status, body)))) {
      expect(['delivered', 'per_event', 'retry']).toContain(meaning.kind);
      if (meaning.kind === 'per_event') expect(meaning.outcomes).toHaveLength(inLane.length);
    }
  });
}

function faults(ajv: Ajv2020, schema: object, value: unknown): readonly unknown[] {
  const check = ajv.compile(schema);
  return check(value) ? [] : (check.errors ?? ['unknown']);
}

function asText(body: Json): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** So that a connector that changes its input fails. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
