import type { CanonicalEvent, JsonObject } from '#canonical';
import { compileWhere } from './match.js';
import { pathsOf, withShortLists } from './short-lists.js';

const eventWith = (properties: JsonObject): CanonicalEvent => ({
  id: 'evt_00000000000000000001',
  type: 'track',
  event: 'order',
  user_id: 'u-1',
  anonymous_id: null,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties,
  source: { id: 'ios-app', dialect: 'kixo' },
});

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('what a condition sees of lists', () => {
  it('is the event itself where they are short', () => {
    const event = eventWith({ plan: 'pro', tags: numbers(1_000), 'other.tags': numbers(5_000) });
    const paths = pathsOf({ 'properties.tags': 1, 'properties.plan.name': 'x', $or: [{ event: 'order' }] });
    expect(paths).toEqual([['properties', 'tags'], ['properties', 'plan'], ['event']]);
    expect(withShortLists(event, paths)).toBe(event);
  });

  it('is their first thousand elements, however they nest', () => {
    const event = eventWith({ long: numbers(1_001), nested: [[1, numbers(600)], { list: numbers(600) }, 'unseen'] });
    const seen = withShortLists(event, pathsOf({ 'properties.long': 1, 'properties.nested.list': 1 }));
    expect(seen.properties.long).toEqual(numbers(1_000));
    expect(seen.properties.nested).toEqual([[1, numbers(600)], { list: numbers(396) }]);
    expect(event.properties.long).toHaveLength(1_001);
  });

  it('is so for whole objects too, and what is named like a prototype stays a member', () => {
    const properties = JSON.parse('{"list":[],"__proto__":{"list":["x"]}}') as JsonObject;
    const event = eventWith({ ...properties, list: numbers(2_000) });
    const seen = withShortLists(event, pathsOf({ properties: { $exists: true } }));
    expect(seen.properties.list).toEqual(numbers(1_000));
    expect(Object.hasOwn(seen.properties, '__proto__')).toBe(true);
  });

  it('decides', () => {
    const where = compileWhere({ 'properties.tags': { $in: [999, 1_500] } });
    expect(where(eventWith({ tags: numbers(1_000) }))).toBe(true);
    expect(where(eventWith({ tags: numbers(2_000) }))).toBe(true);
    expect(where(eventWith({ tags: numbers(2_000).slice(1_000) }))).toBe(true);
    expect(where(eventWith({ tags: numbers(3_000).slice(1_000).reverse() }))).toBe(false);
  });
});
