import type { CanonicalEvent, JsonObject } from '#canonical';
import { appOf, encodeBatch, encodeEvent } from './kixo-encode.mapping.js';
import { decodeBatch } from './kixo.mapping.js';

const RECEIVED_AT = '2026-05-01T10:00:10.000Z';

function decoded(body: JsonObject): readonly CanonicalEvent[] {
  const stored = {
    body,
    route: 'kixo.batch',
    headers: {},
    sourceId: 'src-1',
    receivedAt: Date.parse(RECEIVED_AT),
    accepts: () => true,
    idAt: () => 'unused',
  };
  return decodeBatch(stored).filter((event) => event !== undefined);
}

const item = (more: JsonObject = {}): JsonObject => ({
  event_type: 'tap',
  event_name: 'Buy',
  device_id: 'dv-5',
  session_id: 'ss-8',
  timestamp: '2026-05-01T10:00:05Z',
  ...more,
});
const body = (batch: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  bundle_id: 'org.sample.shop',
  platform: 'android',
  batch,
  ...more,
});

describe('delivering', () => {
  it('sends the corrected time and no sent_at when it is to be delivered', () => {
    const events = decoded(body([item()], { sent_at: '2026-05-01T10:00:06Z' }));
    expect(encodeBatch(events, 'corrected')).toEqual({
      bundle_id: 'org.sample.shop',
      platform: 'android',
      environment: 'production',
      batch: [{ ...item(), timestamp: '2026-05-01T10:00:09.000Z', properties: {} }],
    });
  });
});

describe('events of several requests in one', () => {
  it('have no common sent_at, so their corrected times are sent', () => {
    const [a] = decoded(body([item()], { sent_at: '2026-05-01T10:00:06Z' }));
    const [b] = decoded(body([item({ event_name: 'B' })], { sent_at: '2026-05-01T10:00:07Z' }));
    if (!a || !b) throw new Error('not decoded');
    const encoded = encodeBatch([a, b]);
    expect(encoded.sent_at).toBeUndefined();
    expect(encoded.batch.map(({ timestamp }) => timestamp)).toEqual([
      '2026-05-01T10:00:09.000Z',
      '2026-05-01T10:00:08.000Z',
    ]);
  });

  it('of several apps are refused: the envelope can name only one', () => {
    const [a] = decoded(body([item()]));
    const [b] = decoded(body([item()], { environment: 'staging' }));
    if (!a || !b) throw new Error('not decoded');
    expect(() => encodeBatch([a, b])).toThrow('several apps');
    expect(() => encodeBatch([])).toThrow('needs an event');
  });
});

describe('events of other dialects', () => {
  const foreign: CanonicalEvent = {
    id: 'evt_1',
    type: 'track',
    event: 'purchase',
    user_id: 'u-1',
    anonymous_id: null,
    timestamp: '2026-05-01T10:00:05.000Z',
    received_at: RECEIVED_AT,
    properties: { plan: 'pro' },
    value: { amount: 12.9, currency: 'EUR' },
    source: { id: 'web', dialect: 'flokit' },
    extras: { note: 'theirs' },
  };
  const app = { bundleId: 'org.other', platform: 'web', environment: 'qa' };

  it('become custom events of the configured app, with a session a day', () => {
    expect(encodeBatch([foreign], 'corrected', app)).toEqual({
      bundle_id: 'org.other',
      platform: 'web',
      environment: 'qa',
      batch: [
        {
          event_type: 'custom',
          event_name: 'purchase',
          device_id: 'u-1',
          session_id: 'u-1-2026-05-01',
          timestamp: '2026-05-01T10:00:05.000Z',
          properties: { plan: 'pro', amount: 12.9, currency: 'EUR' },
          user_id: 'u-1',
        },
      ],
    });
  });

  it.each([
    [app, 'qa'],
    [{ bundleId: 'org.other', platform: 'web' }, 'production'],
  ])('name an environment, though theirs be empty: %j', (fallback, environment) => {
    const nameless = { ...foreign, context: { environment: '' } };
    expect(encodeBatch([nameless], 'corrected', fallback).environment).toBe(environment);
  });

  it('keep their own amount and currency', () => {
    const own = { ...foreign, properties: { value: 3, currency: 'USD' } };
    expect(encodeEvent(own, 'corrected').properties).toEqual({ value: 3, currency: 'USD' });
    expect(encodeEvent({ ...foreign, properties: { currency: 'USD' } }, 'corrected').properties).toEqual({
      currency: 'USD',
      amount: 12.9,
    });
  });

  it('identify with email and phone under the reserved keys', () => {
    const identify: CanonicalEvent = {
      ...foreign,
      type: 'identify',
      event: 'identify',
      identity: { email: 'ada@example.com', phone: '+491701234567' },
      profile: { set: { plan: 'pro' } },
    };
    expect(encodeEvent(identify, 'corrected')).toMatchObject({
      event_type: 'identify',
      event_name: 'identify',
      properties: { plan: 'pro', $email: 'ada@example.com', $phone: '+491701234567' },
    });
  });

  it('are refused where nobody could have sent them', () => {
    expect(() => encodeEvent({ ...foreign, user_id: null }, 'corrected')).toThrow('neither device nor user');
    expect(() => appOf(foreign)).toThrow('names no app');
  });
});

describe('a renamed event', () => {
  it('goes out under its new name, also where the wire had none', () => {
    const [event] = decoded(body([item({ event_type: 'session_start', event_name: '' })]));
    if (!event) throw new Error('not decoded');
    expect(encodeEvent(event, 'corrected').event_name).toBe('');
    expect(encodeEvent({ ...event, event: 'Session' }, 'corrected').event_name).toBe('Session');
  });
});
