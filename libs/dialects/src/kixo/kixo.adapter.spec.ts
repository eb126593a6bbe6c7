import { Ajv } from 'ajv';
import fc from 'fast-check';
import { jsonValues, overTheWire } from '../../../../test/support/wire-arbitraries.js';
import { checkBatch } from './kixo.adapter.js';
import { BATCH_SCHEMA } from './kixo.wire.js';

const item = {
  event_type: 'tap',
  event_name: 'Buy',
  device_id: 'd',
  session_id: 's',
  timestamp: '2026-05-01T10:00:05Z',
};
const envelope = { project_id: 'p', api_key: 'k', bundle_id: 'b', platform: 'ios' };

describe('the check', () => {
  it('takes 1,000 events', () => {
    const batch = Array.from({ length: 1000 }, () => item);
    expect(checkBatch({ ...envelope, batch })).toEqual({ kind: 'checked', total: 1000, rejected: [] });
  });

  it('points into the item by RFC 6901 and shortens names that the caller made up', () => {
    const nested: unknown = JSON.parse('['.repeat(100) + ']'.repeat(100));
    const checked = checkBatch({ ...envelope, batch: [{ ...item, [`a/b~${'c'.repeat(200)}`]: nested }] });
    expect(checked.rejected[0]?.pointer).toBe(`/batch/0/a~1b~0${'c'.repeat(96)}`);
  });

  it('is not bothered by any JSON at all', () => {
    fc.assert(
      fc.property(jsonValues, jsonValues, (a, b) => {
        checkBatch(a);
        checkBatch({ ...envelope, batch: [a, b] });
        checkBatch({ ...envelope, batch: a, bundle_id: b });
      }),
      { numRuns: 1_000 },
    );
  });

  it('agrees with the published schema', () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true });
    const valid = ajv.compile(BATCH_SCHEMA);
    const member = (good: fc.Arbitrary<unknown>) =>
      fc.oneof(
        { weight: 9, arbitrary: good },
        { weight: 1, arbitrary: jsonValues },
        { weight: 1, arbitrary: fc.constant(undefined) },
      );
    const texts = fc.string({ minLength: 1 });
    const events = fc.record({
      event_type: member(texts),
      event_name: member(texts),
      device_id: member(texts),
      session_id: member(texts),
      timestamp: fc.constantFrom(item.timestamp, 5, undefined),
      properties: member(fc.dictionary(fc.string(), fc.integer())),
    });
    const bodies = fc.record({
      ...{ project_id: fc.constant('p'), api_key: fc.constant('k') },
      bundle_id: member(texts),
      platform: member(fc.constantFrom('ios', 'android', 'web')),
      environment: member(texts),
      batch: member(fc.array(events, { maxLength: 2 })),
    });
    fc.assert(
      fc.property(bodies, (body) => {
        const request = overTheWire(body);
        const checked = checkBatch(request);
        const taken = checked.kind === 'checked' && checked.rejected.length === 0;
        // The schema cannot say that only session events may have an empty name.
        const isNameless = JSON.stringify(request).includes('"event_name":""');
        if (!isNameless) expect(taken).toBe(valid(request));
      }),
      { numRuns: 2_000 },
    );
  });
});
