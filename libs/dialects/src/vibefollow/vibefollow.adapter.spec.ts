import { Ajv } from 'ajv';
import fc from 'fast-check';
import { jsonValues, objectOf, overTheWire } from '../../../../test/support/wire-arbitraries.js';
import type { CheckContext, Checked, Refused } from '../dialect.js';
import { checkBatch, checkEvent, checkEventsBulk, checkUser, checkUsersBulk } from './vibefollow.adapter.js';
import { eventSchema, userSchema } from './vibefollow.wire.js';

function context(bodyBytes = 2_000_000): CheckContext {
  return { request: { requestId: 'req_1', path: '/', query: {}, headers: {} }, receivedAt: 0, bodyBytes };
}

const event = (more: object = {}) => ({ external_user_id: 'u', name: 'n', ...more });
const firstDetail = (checked: Checked | Refused): string | undefined => checked.rejected[0]?.detail;

describe('numbers of events', () => {
  it('takes 500 in a batch and 1,000 in bulk', () => {
    const records = (count: number) => Array.from({ length: count }, () => event());
    expect(checkBatch({ events: records(500) }, context())).toMatchObject({ kind: 'checked', total: 500 });
    expect(checkEventsBulk({ events: records(1000) }, context())).toMatchObject({ kind: 'checked', total: 1000 });
    expect(checkUsersBulk({ users: records(1000) })).toMatchObject({ kind: 'checked', total: 1000 });
  });
});

describe('size of properties', () => {
  // {"t":"…"} is 8 bytes around its text.
  const properties = (bytes: number) => ({ t: 'x'.repeat(bytes - 8) });
  const MEGABYTE = 1_048_576;

  it('takes 1 MB and refuses a byte more', () => {
    expect(checkEvent(event({ properties: properties(MEGABYTE) }), context()).kind).toBe('checked');
    const refused = checkEvent(event({ properties: properties(MEGABYTE + 1) }), context());
    expect(firstDetail(refused)).toBe('properties must be at most 1 MB');
  });

  it('counts bytes, not characters', () => {
    const refused = checkEvent(event({ properties: { t: 'é'.repeat(MEGABYTE / 2) } }), context());
    expect(firstDetail(refused)).toBe('properties must be at most 1 MB');
  });

  it('names the event of a batch and spoils only its record in bulk', () => {
    const events = [event(), event({ properties: properties(MEGABYTE + 1) })];
    expect(checkBatch({ events }, context()).rejected[0]?.pointer).toBe('events[1].properties');
    expect(checkEventsBulk({ events }, context())).toMatchObject({ kind: 'checked', rejected: [{ index: 1 }] });
  });

  it('is measured only where the body is that large', () => {
    const large = event({ properties: properties(MEGABYTE + 1) });
    expect(checkEvent(large, context(MEGABYTE + 1)).kind).toBe('refused');
    // A body of 1 MB has no properties of more, though numbers may be written longer than they came.
    expect(checkEvent(large, context(MEGABYTE)).kind).toBe('checked');
  });

  it('survives properties too deep to be written out', () => {
    const nested: unknown = JSON.parse('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000));
    expect(firstDetail(checkEvent(event({ properties: nested }), context()))).toBe('nested deeper than 100 levels');
  });
});

describe('natural keys of bulk events', () => {
  const keys = (...events: readonly object[]) => {
    const checked = checkEventsBulk({ events }, context());
    return checked.kind === 'checked' ? checked.naturalKeys : undefined;
  };

  it('are equal for the same user, name and instant, however it is written', () => {
    const [a, b, c, d, e] =
      keys(
        event({ timestamp: '2026-03-02T08:00:00Z' }),
        event({ timestamp: '2026-03-02T09:00:00.000+01:00', properties: { other: true } }),
        event({ timestamp: '2026-03-02T08:00:00.001Z' }),
        { external_user_id: 'u', name: 'm', timestamp: '2026-03-02T08:00:00Z' },
        { external_user_id: 'v', name: 'n', timestamp: '2026-03-02T08:00:00Z' },
      ) ?? [];
    expect(a).toBe('2026-03-02T08:00:00.000Z 1 u n');
    expect(b).toBe(a);
    expect(new Set([a, c, d, e]).size).toBe(4);
  });

  it('cannot be mixed up by blanks in ids and names', () => {
    const time = { timestamp: '2026-03-02T08:00:00Z' };
    const [a, b] =
      keys({ external_user_id: 'u', name: 'v w', ...time }, { external_user_id: 'u v', name: 'w', ...time }) ?? [];
    expect(a).not.toBe(b);
  });

  it('are absent without a timestamp, and for refused records', () => {
    expect(keys(event(), event({ timestamp: '2026-03-02T08:00:00Z', properties: [] }))).toEqual([null, null]);
  });

  it('do not exist on the batch endpoint', () => {
    const checked = checkBatch({ events: [event({ timestamp: '2026-03-02T08:00:00Z' })] }, context());
    expect(checked).toEqual({ kind: 'checked', total: 1, rejected: [] });
  });
});

describe('emails', () => {
  const kindOf = (email: string) => checkUser({ external_user_id: 'u', email }).kind;

  it.each(['ada@example.com', 'a.b+c@mail.example.co.uk', 'ü@exämple.de'])('takes %s', (email) => {
    expect(kindOf(email)).toBe('checked');
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'a b@example.com',
    'a@b@example.com',
    'a@example..com',
    'a@.com',
  ])('refuses "%s"', (email) => expect(kindOf(email)).toBe('refused'));

  it('is not slowed down by long ones', () => {
    const startedAt = performance.now();
    expect(kindOf(`a@${'a.'.repeat(2_000_000)}`)).toBe('refused');
    expect(performance.now() - startedAt).toBeLessThan(100);
  });
});

describe('the published schemas', () => {
  const ajv = new Ajv({ strict: true });
  const member = (valid: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { weight: 6, arbitrary: valid },
      { weight: 1, arbitrary: jsonValues },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );

  it('agree with the check of events', () => {
    const valid = ajv.compile(eventSchema);
    const records = fc.tuple(
      member(fc.string()),
      member(fc.string()),
      member(fc.dictionary(fc.string(), fc.integer())),
    );
    fc.assert(
      fc.property(records, ([user, name, properties]) => {
        const record = overTheWire({ external_user_id: user, name, properties });
        expect(checkEvent(record, context()).kind).toBe(valid(record) ? 'checked' : 'refused');
      }),
      { numRuns: 1_000 },
    );
  });

  it('agree with the check of users', () => {
    const valid = ajv.compile(userSchema);
    const records = fc.tuple(member(fc.string()), member(fc.dictionary(fc.string(), fc.integer())));
    fc.assert(
      fc.property(records, ([user, traits]) => {
        const record = overTheWire({ external_user_id: user, traits });
        expect(checkUser(record).kind).toBe(valid(record) ? 'checked' : 'refused');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not bothered by any JSON at all', () => {
    fc.assert(
      fc.property(jsonValues, (body) => {
        for (const check of [checkEvent, checkBatch, checkEventsBulk]) check(body, context());
        for (const check of [checkUser, checkUsersBulk]) check(objectOf([['users', body]]));
      }),
      { numRuns: 1_000 },
    );
  });
});
