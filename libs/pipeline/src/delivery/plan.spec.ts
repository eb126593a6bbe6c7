import type { CanonicalEvent } from '#canonical';
import { ConnectorRegistry, type HttpConnector, type Placement } from '#destinations';
import { newPart, planParts, withoutErased } from './plan.js';

const settings = { config: { url: 'https://example.com/' }, credentials: {} };
const registry = await ConnectorRegistry.load();

function eventNamed(name: string, id = name): CanonicalEvent {
  return {
    id,
    type: 'track',
    event: name,
    user_id: 'u-1',
    anonymous_id: null,
    timestamp: '2026-05-01T10:00:05.000Z',
    received_at: '2026-05-01T10:00:06.000Z',
    properties: {},
    source: { id: 's-1', dialect: 'flokit' },
  };
}

/** The webhook connector with another idea of where events belong. */
function placing(place: (event: CanonicalEvent) => Placement, bound?: number): HttpConnector {
  const webhook = registry.get('webhook');
  if (webhook?.transport !== 'http') throw new Error('no webhook');
  return { ...webhook, place, ...(bound === undefined ? {} : { maxEventsIn: () => bound }) };
}

function plan(names: readonly (string | undefined)[], connector: HttpConnector) {
  const events = names.map((name) => (name === undefined ? undefined : eventNamed(name)));
  const { parts, notWanted, rejected } = planParts(events, connector, settings);
  return { parts: parts.map(({ lane, members }) => `${lane}: ${members}`), notWanted, rejected };
}

describe('the plan of a batch', () => {
  it('goes on without an event that the connector fails on', () => {
    const connector = placing(({ event }) => {
      if (event === 'odd') throw new Error('no such place');
      return { kind: 'lane', lane: 'a' };
    });
    expect(plan(['a1', 'odd', 'a2'], connector)).toEqual({
      parts: ['a: 0,2'],
      notWanted: [],
      rejected: [{ member: 1, code: 'connector_fault', detail: 'Error: no such place' }],
    });
  });

  it('has a request per lane, in the order of their first events', () => {
    const connector = placing(({ event }) => ({ kind: 'lane', lane: event.slice(0, 1) }));
    expect(plan(['b1', 'a1', 'b2', 'a2', 'b3'], connector).parts).toEqual(['b: 0,2,4', 'a: 1,3']);
  });

  it('settles what is unwanted, refused or gone before anything is sent', () => {
    const refusal = { code: 'invalid_field', detail: 'name' };
    const connector = placing(({ event }) => {
      if (event === 'bad') return { kind: 'rejected', refusal };
      return event === 'nobody' ? { kind: 'not_wanted', code: 'no_identity' } : { kind: 'lane', lane: 'x' };
    });
    expect(plan(['bad', 'good', 'nobody', undefined, 'fine'], connector)).toEqual({
      parts: ['x: 1,4'],
      notWanted: [2, 3],
      rejected: [{ member: 0, ...refusal }],
    });
  });

  it('keeps events of the same id apart', () => {
    const connector = placing(() => ({ kind: 'lane', lane: 'x' }));
    expect(plan(['a', 'b', 'a', 'c', 'a'], connector).parts).toEqual(['x: 0-1,3', 'x: 2', 'x: 4']);
  });

  it('keeps events apart that the vendor could not tell apart', () => {
    const connector = placing(({ event }) => ({ kind: 'lane', lane: 'x', distinct: event.slice(0, 1) }));
    expect(plan(['a1', 'b1', 'a2', 'c1'], connector).parts).toEqual(['x: 0-1,3', 'x: 2']);
  });

  it('moves repeats to the lane that takes them, but no copies of an event', () => {
    const connector = placing(({ event }) => ({
      kind: 'lane',
      lane: 'x',
      distinct: event.slice(0, 1),
      repeatLane: 'y',
    }));
    expect(plan(['a1', 'b1', 'a2', 'a3', 'a1', 'a3'], connector).parts).toEqual(['x: 0-1', 'y: 2-3', 'x: 4', 'x: 5']);
  });

  it('keeps copies of an event apart, however the vendor would tell them apart', () => {
    let count = 0;
    const apart = placing(() => ({ kind: 'lane', lane: 'x', distinct: `${count++}` }));
    expect(plan(['a', 'b', 'a', 'a', 'c'], apart).parts).toEqual(['x: 0-1,4', 'x: 2', 'x: 3']);
    const moving = placing(() => ({ kind: 'lane', lane: 'x', distinct: `${count++}`, repeatLane: 'y' }));
    expect(plan(['a', 'b', 'a', 'a', 'c'], moving).parts).toEqual(['x: 0-1,4', 'x: 2', 'x: 3']);
  });

  it('cuts a lane by its own bound', () => {
    const connector = placing(() => ({ kind: 'lane', lane: 'x' }), 2);
    expect(plan(['a', 'b', 'c', 'd', 'e'], connector).parts).toEqual(['x: 0-1', 'x: 2-3', 'x: 4']);
  });
});

describe('the plan of an earlier run', () => {
  const refusal = { code: 'http_400', detail: 'no' };
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => eventNamed(name));
  const without = (...gone: readonly number[]) =>
    all.map((event, member) => (gone.includes(member) ? undefined : event));
  const searched = { ...newPart('l', [2, 3, 4, 5]), attempts: 3, search: { suspects: '2-3', aside: '4-5', refusal } };
  const parts = [newPart('l', [0, 1]), searched];

  it('stays as it is while its events are there', () => {
    expect(withoutErased(parts, all)).toEqual({ parts, notWanted: [], rejected: [] });
    expect(withoutErased(parts, all).parts).toBe(parts);
  });

  it('loses what was erased since, from its search as well', () => {
    expect(withoutErased(parts, without(0, 3, 4))).toEqual({
      parts: [newPart('l', [1]), { ...searched, members: '2,5', search: { suspects: '2', aside: '5', refusal } }],
      notWanted: [0, 3, 4],
      rejected: [],
    });
  });

  it('searches no longer where every suspect is gone, and has no empty requests', () => {
    const { search: _, ...rest } = searched;
    expect(withoutErased(parts, without(0, 1, 2, 3))).toEqual({
      parts: [{ ...rest, members: '4-5' }],
      notWanted: [0, 1, 2, 3],
      rejected: [],
    });
  });
});
