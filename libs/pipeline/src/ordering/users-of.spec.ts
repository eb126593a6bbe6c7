import fc from 'fast-check';
import type { CanonicalEvent } from '#canonical';
import { fromRanges } from '../segment/position-ranges.js';
import { usersOf } from './users-of.js';

interface Person {
  readonly sourceId: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly device?: string;
}

const eventOf = ({ sourceId, user_id, anonymous_id, device }: Person): CanonicalEvent => ({
  id: 'evt_00000000000000000001',
  type: 'track',
  event: 'opened',
  user_id,
  anonymous_id,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties: {},
  ...(device === undefined ? {} : { identity: { device_id: device } }),
  source: { id: sourceId, dialect: 'flokit' },
});

const person: Person = { sourceId: 'app', user_id: null, anonymous_id: null };
const usersAmong = (...people: readonly Person[]): number =>
  usersOf(
    people.map(eventOf),
    people.map((_, position) => position),
  ).users.size;

describe('the user of an event', () => {
  it.each<[string, number, readonly Person[]]>([
    [
      'the same where the source gives the same id',
      1,
      [
        { ...person, user_id: 'u' },
        { ...person, user_id: 'u', device: 'd' },
      ],
    ],
    [
      'another at another source',
      2,
      [
        { ...person, user_id: 'u' },
        { ...person, user_id: 'u', sourceId: 'web' },
      ],
    ],
    [
      'another where the id is of another kind',
      3,
      [
        { ...person, user_id: 'u' },
        { ...person, anonymous_id: 'u' },
        { ...person, device: 'u' },
      ],
    ],
    [
      'the visitor where no user is named',
      1,
      [
        { ...person, anonymous_id: 'v' },
        { ...person, user_id: '', anonymous_id: 'v', device: 'd' },
      ],
    ],
    [
      'the device where nothing else is',
      1,
      [
        { ...person, device: 'd' },
        { ...person, device: 'd' },
      ],
    ],
    ['nobody where there is no id at all', 0, [person, { ...person, user_id: '', anonymous_id: '', device: '' }]],
  ])('is %s', (_, count, people) => {
    expect(usersAmong(...people)).toBe(count);
  });

  it('names its shard, so that users of two shards never share a place in the order', () => {
    const [user] = usersOf([eventOf({ ...person, user_id: 'u' })], [0]).users.keys();
    expect(user).toBe('12.DsJ7mynKC87Q3cdq');
  });

  it('has every position once, ascending', () => {
    const name = fc.constantFrom(null, '', 'a', 'b', '__proto__');
    const people = fc.array(fc.record({ sourceId: fc.constantFrom('app', 'web'), user_id: name, anonymous_id: name }));
    fc.assert(
      fc.property(people, fc.nat(3), (list, skipped) => {
        const events = list.map(eventOf);
        const positions = events.flatMap((__, position) => (position % 4 === skipped ? [] : [position]));
        const { users, withoutUser } = usersOf(events, positions);
        const found = [...users.values()].map(fromRanges);
        for (const own of found) expect(own).toEqual([...own].sort((a, b) => a - b));
        expect([...found.flat(), ...withoutUser].sort((a, b) => a - b)).toEqual(positions);
        for (const position of withoutUser)
          expect([list[position]?.user_id, list[position]?.anonymous_id].some(Boolean)).toBe(false);
      }),
    );
  });
});
