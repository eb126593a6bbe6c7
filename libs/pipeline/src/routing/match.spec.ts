import type { CanonicalEvent } from '#canonical';
import { compileMatch, mismatch } from './match.js';

const event: CanonicalEvent = {
  id: 'evt_00000000000000000001',
  type: 'track',
  event: 'purchase_completed',
  user_id: 'u-1',
  anonymous_id: null,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties: { plan: 'pro', amount: 12, tags: ['a', 'b'] },
  source: { id: 'ios-app', dialect: 'kixo' },
};

describe('match', () => {
  it.each([
    [{}, undefined],
    [{ sources: ['ios-app'] }, undefined],
    [{ sources: ['web'] }, 'sources'],
    [{ dialects: ['flokit', 'kixo'] }, undefined],
    [{ dialects: ['flokit'] }, 'dialects'],
    [{ events: ['purchase*'] }, undefined],
    [{ events: ['purchase'] }, 'events'],
    [{ events: ['signup', '*_completed'] }, undefined],
    [{ events: ['*'] }, undefined],
    [{ where: { 'properties.plan': 'pro' } }, undefined],
    [{ where: { 'properties.plan': { $ne: 'pro' } } }, 'where'],
    [{ where: { 'properties.amount': { $gte: 10, $lt: 13 } } }, undefined],
    [{ where: { 'properties.missing': { $exists: false } } }, undefined],
    [{ where: { 'properties.tags': { $in: ['b'] } } }, undefined],
    [{ where: { $or: [{ 'properties.plan': 'free' }, { 'properties.plan': 'pro' }] } }, undefined],
    [{ where: { event: { $regex: '^purchase' } } }, undefined],
  ] as const)('%j', (match, expected) => {
    expect(mismatch(compileMatch(match), event)).toBe(expected);
  });

  it('matches names with slashes, as page views have them', () => {
    const pageView = { ...event, event: '/shop/pricing/eu' };
    expect(mismatch(compileMatch({ events: ['*pricing*'] }), pageView)).toBeUndefined();
  });

  it('knows no operator that runs code', () => {
    expect(() => mismatch(compileMatch({ where: { $where: 'return true' } }), event)).toThrow();
  });

  it('needs no event where only its origin counts', () => {
    expect(compileMatch({ sources: ['ios-app'] }).event).toBeUndefined();
  });
});
