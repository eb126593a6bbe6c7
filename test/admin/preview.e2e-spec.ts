import { startRedis } from '../support/index.js';
import { startAdminApp, type AdminApp } from './admin-app.js';

interface Rehearsed {
  readonly id: string;
  readonly matched: boolean;
  readonly requests: readonly object[];
  readonly unsendable: readonly { readonly index: number }[];
}

interface PreviewBody {
  readonly events: readonly {
    readonly id: string;
    readonly timestamp: string;
    readonly properties: object;
    readonly extras?: object;
  }[];
  readonly refusal?: { readonly status: number };
  readonly destinations: readonly Rehearsed[];
}

const baseUrl = 'http://127.0.0.1:9';
const destinations: Readonly<Record<string, object>> = {
  webhook: { config: { url: baseUrl } },
  log: {},
  flokit: { config: { baseUrl }, credentials: { apiKey: 'fk_secret_1' } },
  vibefollow: { config: { baseUrl }, credentials: { apiKey: 'sk_secret_2' } },
  kixo: {
    config: { baseUrl, bundleId: 'com.example.app', platform: 'web' },
    credentials: { projectId: 'kx_secret_3', apiKey: 'kx_secret_4' },
  },
  klaviyo: { config: { baseUrl }, credentials: { privateKey: 'pk_secret_5' } },
};

/** A profile that Klaviyo knows by its address alone: the others cannot be sent such a person. */
const onlyAnEmail = {
  data: {
    type: 'event',
    attributes: {
      properties: { plan: 'pro' },
      metric: { data: { type: 'metric', attributes: { name: 'Signed Up' } } },
      profile: { data: { type: 'profile', attributes: { email: 'lee@example.com' } } },
    },
  },
};

const key = 'kx_secret_of_the_app';

/** An app that caught its own key on the way, and sends it once more outside the envelope. */
const talkative = {
  project_id: 'kx_proj_demo',
  api_key: key,
  bundle_id: 'org.sample.shop',
  platform: 'android',
  note: `signed in with ${key}`,
  batch: [
    {
      event_type: 'network',
      event_name: 'GET /me',
      device_id: 'dv-5',
      session_id: 'ss-8',
      timestamp: '2026-05-01T10:00:05Z',
      properties: { url: `https://api.example.com/me?key=${key}`, request: { api_key: key } },
    },
    {
      event_type: 'custom',
      event_name: 'named',
      device_id: 'dv-5',
      session_id: 'ss-8',
      timestamp: '2026-05-01T10:00:05Z',
      properties: { [`by_${key}`]: 1 },
    },
  ],
};

/** A job of one person's renewals, told apart by these. */
function jobOf(uniqueIds: readonly string[]): object {
  const events = uniqueIds.map((unique_id) => ({
    type: 'event',
    attributes: { metric: { data: { type: 'metric', attributes: { name: 'Renewed' } } }, unique_id },
  }));
  const profile = { data: { type: 'profile', attributes: { external_id: 'm-41' } } };
  const item = { type: 'event-bulk-create', attributes: { profile, events: { data: events } } };
  return { data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data: [item] } } } };
}

describe('a preview', () => {
  let app: AdminApp;

  const preview = async (request: object): Promise<PreviewBody> => {
    const answer = await app.call('POST', '/preview', request);
    expect([answer.status, answer.text]).toEqual([200, expect.not.stringContaining('_secret_')]);
    return JSON.parse(answer.text) as PreviewBody;
  };

  beforeAll(async () => {
    app = await startAdminApp(await startRedis());
    for (const [type, settings] of Object.entries(destinations)) {
      const { status } = await app.call('PUT', `/destinations/${type}`, {
        name: type,
        type,
        match: { events: ['never'] },
        ...settings,
      });
      expect(status).toBe(201);
    }
  });

  it('says of every destination whether it can be sent an event, and shows the request if so', async () => {
    const { destinations } = await preview({ dialect: 'klaviyo', path: '/api/events', body: onlyAnEmail });
    const outcomes = destinations.map(({ id, matched, requests, unsendable }) => [
      id,
      { matched, requests: requests.length, unsendable: unsendable.length },
    ]);
    const sent = { matched: false, requests: 1, unsendable: 0 };
    const refused = { matched: false, requests: 0, unsendable: 1 };
    expect(Object.fromEntries(outcomes)).toEqual({
      webhook: sent,
      log: sent,
      flokit: refused,
      vibefollow: refused,
      kixo: refused,
      klaviyo: sent,
    });
  });

  it('shows a key that stands elsewhere in the body as little as intake keeps it, and so the same ids', async () => {
    const { events, destinations } = await preview({ dialect: 'kixo', body: talkative, sourceId: 'src-1' });
    expect(events).toMatchObject([
      {
        id: 'evt_r2y162w7qe9lnlogq6d8',
        properties: { url: 'https://api.example.com/me?key=[redacted]', request: { api_key: '[redacted]' } },
        extras: { envelope: { note: 'signed in with [redacted]' } },
      },
      { properties: { 'by_[redacted]': 1 } },
    ]);
    // VibeFollow takes nobody without a user.
    expect(destinations.flatMap(({ requests }) => requests)).toHaveLength(5);
  });

  it('leaves out what repeats an earlier event of the request, as intake does', async () => {
    const event = (name: string, at: string) => ({ external_user_id: 'c-9', name, timestamp: `2026-03-02T08:0${at}Z` });
    const events = [event('opened', '0:00'), event('opened', '0:00'), event('', '0:00'), event('opened', '1:00')];
    const bulk = await preview({ dialect: 'vibefollow', path: '/api/v1/events/bulk', body: { events } });
    expect(bulk.events.map(({ id, timestamp }) => [id.slice(-2), timestamp])).toEqual([
      ['00', '2026-03-02T08:00:00.000Z'],
      ['03', '2026-03-02T08:01:00.000Z'],
    ]);

    const job = (revision: string) =>
      preview({ dialect: 'klaviyo', body: jobOf(['pass-41', 'pass-41', 'pass-42']), headers: { Revision: revision } });
    expect((await job('2024-10-15')).events.map(({ extras }) => extras)).toEqual([
      { unique_id: 'pass-41' },
      { unique_id: 'pass-42' },
    ]);
    const failing = await job('2025-01-15');
    expect([failing.events, failing.refusal?.status]).toEqual([[], 400]);
  });
});
