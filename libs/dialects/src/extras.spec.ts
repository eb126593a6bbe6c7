import { envelopeFromExtras, envelopeShares, fromExtras, toExtras, unknownMembers } from './extras.js';

describe('unknown members', () => {
  it('are those nobody knows, a member called __proto__ included', () => {
    const wire = JSON.parse('{"a":1,"b":2,"__proto__":{"c":3}}') as Record<string, never>;
    const unknown = unknownMembers(wire, new Set(['a']));
    expect(JSON.stringify(unknown)).toBe('{"b":2,"__proto__":{"c":3}}');
    expect(unknownMembers({ a: 1 }, new Set(['a']))).toBeUndefined();
  });
});

describe('extras', () => {
  it("keep unknown members under their names beside the dialect's own", () => {
    expect(toExtras({ b: 2 }, { sent_at: 'x' })).toEqual({ b: 2, sent_at: 'x' });
    expect(toExtras({ b: 2 }, undefined)).toEqual({ b: 2 });
    expect(toExtras(undefined, undefined)).toBeUndefined();
  });

  it('move unknown members away that are called like one of ours', () => {
    const unknown = { b: 2, sent_at: 'theirs', item: 1 };
    const extras = toExtras(unknown, { sent_at: 'ours' });
    expect(extras).toEqual({ b: 2, sent_at: 'ours', item: { sent_at: 'theirs', item: 1 } });
    expect(fromExtras(extras)).toEqual(unknown);
  });

  it('give nothing back that was not there', () => {
    expect(fromExtras(undefined)).toEqual({});
    expect(fromExtras({ sent_at: 'ours', envelope: { a: 1 }, item: 'no object' })).toEqual({});
  });
});

describe('envelope members', () => {
  it('go to every event while they are small, to the first one only when large', () => {
    const small = envelopeShares({ locale: 'de' });
    expect([small(true), small(false)]).toEqual([{ locale: 'de' }, { locale: 'de' }]);
    const large = envelopeShares({ note: 'n'.repeat(3000) });
    expect(large(true)).toEqual({ note: 'n'.repeat(3000) });
    expect(large(false)).toBeUndefined();
    expect(envelopeShares(undefined)(true)).toBeUndefined();
  });

  it('come back from whichever event has them', () => {
    expect(envelopeFromExtras([undefined, { a: 1 }, { envelope: { locale: 'de' } }])).toEqual({ locale: 'de' });
    expect(envelopeFromExtras([{ envelope: 'no object' }])).toEqual({});
  });
});
