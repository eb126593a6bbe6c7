import type { JsonObject } from '#canonical';
import type { Checked, IngestRoute, Refused } from '../dialect.js';
import klaviyo from './klaviyo.dialect.js';

const RECEIVED_AT = Date.parse('2026-06-01T10:00:00Z');

function routeOf(id: string): IngestRoute {
  const route = klaviyo.routes.find((one) => one.id === id);
  if (!route) throw new Error(`no route ${id}`);
  return route;
}

function check(body: unknown, revision?: string, route = 'klaviyo.job'): Checked | Refused {
  const own = routeOf(route);
  const request = { requestId: 'req_1', path: own.path, query: {}, headers: { revision } };
  return own.check(body, { request, receivedAt: RECEIVED_AT, bodyBytes: 2_000_000 });
}

const lee = { type: 'profile', attributes: { email: 'lee@sample.test' } };

function event(attributes: JsonObject = {}, name = 'Viewed'): JsonObject {
  const metric = { data: { type: 'metric', attributes: { name } } };
  return { type: 'event', attributes: { metric, properties: {}, ...attributes } };
}

function item(events: readonly JsonObject[], profile: JsonObject = lee): JsonObject {
  return { type: 'event-bulk-create', attributes: { profile: { data: profile }, events: { data: events } } };
}

function job(...items: readonly JsonObject[]): JsonObject {
  return { data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data: items } } } };
}

function single(attributes: JsonObject, profile: JsonObject = lee): JsonObject {
  const { attributes: own } = event(attributes);
  return { data: { type: 'event', attributes: { ...(own as JsonObject), profile: { data: profile } } } };
}

function refusal(body: unknown, revision?: string): Refused {
  const found = check(body, revision);
  if (found.kind !== 'refused') throw new Error('was not refused');
  return found;
}

const errorsOf = (refused: Refused): readonly JsonObject[] =>
  (JSON.parse(refused.reply.body) as { errors: readonly JsonObject[] }).errors;

const PROFILE = '/data/attributes/events-bulk-create/data/0/attributes/profile/data';

describe('how many events a request may have', () => {
  const many = (count: number): JsonObject[] => Array.from({ length: count }, () => event());

  it('takes a thousand over all items', () => {
    const found = check(job(item(many(999)), item(many(1))));
    expect(found).toEqual({ kind: 'checked', total: 1000, rejected: [] });
  });

  it('refuses more with one complaint and looks no further', () => {
    const found = refusal(job(item(many(999)), item([event(), event({ value: 'wrong' })])));
    expect(errorsOf(found)).toHaveLength(1);
  });

  it('refuses a million items as quickly', () => {
    const data = Array.from({ length: 1_000_000 }, () => 1);
    const found = refusal({ data: { attributes: { 'events-bulk-create': { data } } } });
    expect(errorsOf(found)).toHaveLength(1);
  });
});

describe('an identifier', () => {
  const thousand = Array.from({ length: 1_000 }, (_, n) => event({ unique_id: `u-${n}` }));
  const known = (external_id: string): JsonObject => ({ type: 'profile', attributes: { external_id } });

  it('has 1,024 characters at the most, whatever their size', () => {
    const found = check(job(item(thousand, known('🎟'.repeat(1_024)))));
    expect(found).toMatchObject({ kind: 'checked', total: 1_000 });
    expect(new Set(found.kind === 'checked' ? found.naturalKeys : []).size).toBe(1_000);
    refusal(job(item(thousand, known('🎟'.repeat(1_025)))));
  });

  it.each(['external_id', 'email', 'phone_number', '_kx'])(
    'of megabytes is not copied a thousand times: %s',
    (name) => {
      const profile = { type: 'profile', attributes: { [name]: 'x'.repeat(4_000_000) } };
      const before = process.memoryUsage().rss;
      expect(errorsOf(refusal(job(item(thousand, profile))))).toHaveLength(1);
      expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
    },
  );
});

describe('violations', () => {
  it('are listed up to a hundred', () => {
    const found = refusal(job(item(Array.from({ length: 150 }, () => event({ value: 'wrong', time: 'soon' })))));
    expect(errorsOf(found)).toHaveLength(100);
    expect(found.rejected).toHaveLength(100);
    expect(found.rejected.map(({ index }) => index)).toEqual(
      [...found.rejected].map(({ index }) => index).sort((a, b) => a - b),
    );
  });

  it('have ids of their own that the same request gets again', () => {
    const wrong = job(item([event({ value: 'a' }), event({ value: 'b' })]));
    const ids = errorsOf(refusal(wrong)).map(({ id }) => id);
    expect(ids).toEqual(['9be87a4e-9484-470f-a812-dfe1af197b29', '637a9cb8-6e9b-48c7-8eab-f8ef6f8d3ee2']);
    expect(errorsOf(refusal(wrong)).map(({ id }) => id)).toEqual(ids);
  });

  it('never repeat a long key in their pointers', () => {
    const key = 'k'.repeat(1_000_000);
    const found = refusal(
      job(item([event({ properties: { [key]: { list: Array.from({ length: 4001 }, () => 0) } } })])),
    );
    expect(found.reply.body.length).toBeLessThan(1000);
  });

  it('do not grow with a list of wrong names to unset', () => {
    const unset = Array.from({ length: 1_000_000 }, () => 1);
    const found = refusal(job(item([event()], { ...lee, meta: { patch_properties: { unset } } })));
    expect(errorsOf(found)).toHaveLength(1);
    expect(found.rejected[0]?.pointer).toBe(`${PROFILE}/meta/patch_properties/unset`);
  });

  it('escape property names in their pointers', () => {
    const found = refusal(job(item([event({ properties: { 'a/b~c': 'x'.repeat(102_401) } })])));
    expect(found.rejected[0]?.pointer).toMatch(/\/attributes\/properties\/a~1b~0c$/);
  });
});

describe('limits inside properties', () => {
  const accepts = (properties: JsonObject): boolean => check(job(item([event({ properties })]))).kind === 'checked';

  it('count the bytes of a text', () => {
    expect(accepts({ text: 'x'.repeat(102_400) })).toBe(true);
    expect(accepts({ text: 'x'.repeat(102_401) })).toBe(false);
    expect(accepts({ text: 'ü'.repeat(51_200) })).toBe(true);
    expect(accepts({ text: 'ü'.repeat(51_201) })).toBe(false);
    expect(accepts({ text: '€'.repeat(34_134) })).toBe(false);
  });

  it('hold in every list and object', () => {
    expect(accepts({ a: [{ b: ['x'.repeat(102_401)] }] })).toBe(false);
    expect(accepts({ list: Array.from({ length: 4000 }, () => 1) })).toBe(true);
  });

  it('take no number that JSON cannot write again', () => {
    expect(accepts(JSON.parse('{"n":1e999}') as JsonObject)).toBe(false);
    expect(accepts({ n: 1e308 })).toBe(true);
  });
});

describe('natural keys', () => {
  const keys = (body: JsonObject, revision?: string, route?: string): readonly (string | null)[] | undefined => {
    const found = check(body, revision, route);
    return found.kind === 'checked' ? found.naturalKeys : undefined;
  };

  it('exist for explicit ids only, by position', () => {
    const body = job(item([event(), event({ unique_id: 'u' }), event({ unique_id: null }), event({ unique_id: '' })]));
    expect(keys(body)).toEqual([null, '21:6:email:lee@sample.testViewedu', null, null]);
    expect(keys(job(item([event()])))).toBeUndefined();
  });

  it('are the same by whichever request an event comes', () => {
    const bulk = keys(job(item([event({ unique_id: 'u' })])));
    expect(keys(single({ unique_id: 'u' }), undefined, 'klaviyo.single')).toEqual(bulk);
    expect(keys(single({ unique_id: 'u' }), undefined, 'klaviyo.client_single')).toEqual(bulk);
    expect(keys({ data: item([event({ unique_id: 'u' })]) }, undefined, 'klaviyo.client_bulk')).toEqual(bulk);
  });

  it('take the strongest identifier: id, email, phone, external id, anonymous id, _kx', () => {
    const attributes = {
      _kx: 'k',
      anonymous_id: 'a',
      external_id: 'x',
      phone_number: '+12345678901',
      email: 'L@s.test',
    };
    const keyOf = (profile: JsonObject): string | null | undefined =>
      keys(job(item([event({ unique_id: 'u' })], { type: 'profile', ...profile })))?.[0];
    expect(keyOf({ id: '01G', attributes })).toBe('6:6:id:01GViewedu');
    expect(keyOf({ attributes })).toBe('14:6:email:l@s.testViewedu');
    expect(keyOf({ attributes: { ...attributes, email: null } })).toBe('25:6:phone_number:+12345678901Viewedu');
    expect(keyOf({ attributes: { _kx: 'k', anonymous_id: 'a', external_id: 'x' } })).toBe('13:6:external_id:xViewedu');
    expect(keyOf({ attributes: { _kx: 'k', anonymous_id: 'a' } })).toBe('14:6:anonymous_id:aViewedu');
    expect(keyOf({ attributes: { _kx: 'k' } })).toBe('5:6:_kx:kViewedu');
    expect(keyOf({ attributes: { properties: { email: 'L@s.test' } } })).toBe('14:6:email:l@s.testViewedu');
  });

  it('cannot be made equal by moving characters from one part to the next', () => {
    const one = keys(job(item([event({ unique_id: 'bc' }, 'a')])));
    const other = keys(job(item([event({ unique_id: 'c' }, 'ab')])));
    expect(one).not.toEqual(other);
  });

  it('drop the repeat of a request before 2025-01-15, and fail it since', () => {
    const repeated = job(item([event({ unique_id: 'u' }), event({ unique_id: 'u' })]));
    const key = '21:6:email:lee@sample.testViewedu';
    expect(keys(repeated, '2024-10-15')).toEqual([key, key]);
    expect(refusal(repeated, '2025-01-15').rejected.map(({ index }) => index)).toEqual([1]);
  });

  it.each(['2024-13-45', '0000-00-00', '2024-02-30'])('fail the repeat under %s, which is no date', (revision) => {
    const repeated = job(item([event({ unique_id: 'u' }), event({ unique_id: 'u' })]));
    expect(refusal(repeated, revision).rejected.map(({ index }) => index)).toEqual([1]);
  });
});

describe('one year ahead', () => {
  it('ends at the same day and second of the next year', () => {
    const at = (time: string): string => check(job(item([event({ time })]))).kind;
    expect(at('2027-06-01T10:00:00.999Z')).toBe('checked');
    expect(at('2027-06-01T12:00:00+02:00')).toBe('checked');
    expect(at('2027-06-01T10:00:01Z')).toBe('refused');
  });
});

describe('any JSON at all', () => {
  const bodies: readonly unknown[] = [
    null,
    1,
    'text',
    [],
    [[]],
    { data: null },
    { data: [] },
    { data: { type: 'event-bulk-create-job', attributes: null } },
    { data: { attributes: { 'events-bulk-create': { data: {} } } } },
    job(null as unknown as JsonObject, 1 as unknown as JsonObject, [] as unknown as JsonObject),
    job(item([null as unknown as JsonObject, [] as unknown as JsonObject])),
    job(item([event()], null as unknown as JsonObject)),
    job(item([event()], JSON.parse('{"__proto__":{"type":"profile","id":"1"}}') as JsonObject)),
    JSON.parse('{"__proto__":{"data":{}},"constructor":{"data":1}}'),
  ];

  it.each(klaviyo.routes.map(({ id }) => id))("is answered in the vendor's shape by %s", (route) => {
    for (const body of bodies) {
      const found = check(body, undefined, route);
      if (found.kind !== 'refused') throw new Error(`took ${JSON.stringify(body)}`);
      expect(found.reply.status).toBe(400);
      for (const error of errorsOf(found)) {
        expect(Object.keys(error)).toEqual(['id', 'status', 'code', 'title', 'detail', 'source', 'links', 'meta']);
        expect(error.source).toEqual({ pointer: expect.stringMatching(/^\/data/) as string });
      }
    }
  });
});

describe('the item of a refused event', () => {
  it('holds its own event and its profile', () => {
    const body = job(item([event({}, 'A')]), item([event({}, 'B'), event({}, 'C')], { type: 'profile', id: '01G' }));
    const route = routeOf('klaviyo.job');
    expect(route.itemAt?.(body, 2)).toEqual({
      type: 'event-bulk-create',
      attributes: { profile: { data: { type: 'profile', id: '01G' } }, events: { data: [event({}, 'C')] } },
    });
    expect(route.itemAt?.(body, 3)).toBeUndefined();
  });

  it('is the whole of a single create', () => {
    const body = single({});
    expect(routeOf('klaviyo.single').itemAt?.(body, 0)).toEqual(body.data);
  });
});

describe('an address of megabytes', () => {
  it('is refused like a shorter one', () => {
    const email = `a@a${'.a'.repeat(2_400_000)}@`;
    const found = refusal(job(item([event()], { type: 'profile', attributes: { email } })));
    expect(found.rejected.map(({ pointer, detail }) => [pointer, detail])).toEqual([
      ['/data/attributes/events-bulk-create/data/0/attributes/profile/data/attributes/email', 'Invalid email address'],
    ]);
  });
});
