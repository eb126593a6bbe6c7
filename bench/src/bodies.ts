/** How a dialect's load looks: where it goes, and a body of so many events of about so many bytes each. */
export interface DialectLoad {
  readonly dialect: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  body(events: number, eventBytes: number, seed: number): string;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
/** Bodies differ, so that nothing can be cached by content. */
export const DIFFERENT_BODIES = 16;

const properties = (bytes: number, n: number): Record<string, unknown> => ({
  plan_id: `plan_${n % 7}`,
  amount: n % 1_000,
  currency: 'EUR',
  screen: SCREENS[n % SCREENS.length],
  note: words(n, Math.max(0, bytes - 170)),
});

const SCREENS = ['checkout', 'home', 'pricing', 'settings', 'search'];

const WORDS =
  'the order was paid by card and sent to home with free delivery after two days because customer asked for blue size large in summer sale'.split(
    ' ',
  );

/** Text that compresses about as well as what people and programs write. */
function words(seed: number, length: number): string {
  let state = (seed + 1) * 2_654_435_761;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += `${WORDS[(state >>> 16) % WORDS.length]} `;
  }
  return text.slice(0, length);
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const flokit: DialectLoad = {
  dialect: 'flokit',
  credentials: { apiKey: 'fk_bench' },
  path: '/v1/batch/events',
  headers: { ...JSON_TYPE, Authorization: 'Bearer fk_bench' },
  body: (events, bytes, seed) =>
    JSON.stringify({
      events: range(events).map((n) => ({
        event: 'plan_changed',
        user_id: `user-${seed}-${n}`,
        timestamp: '2026-05-01T10:00:05.000Z',
        properties: properties(bytes, seed + n),
      })),
    }),
};

export const vibefollow: DialectLoad = {
  dialect: 'vibefollow',
  credentials: { apiKey: 'sk_live_bench' },
  path: '/api/v1/events/batch',
  headers: { ...JSON_TYPE, Authorization: 'Bearer sk_live_bench' },
  body: (events, bytes, seed) =>
    JSON.stringify({
      events: range(events).map((n) => ({
        external_user_id: `user-${seed}-${n}`,
        name: 'plan_changed',
        properties: properties(bytes, seed + n),
      })),
    }),
};

export const kixo: DialectLoad = {
  dialect: 'kixo',
  credentials: { projectId: 'kx_proj_bench', apiKey: 'kx_key_bench' },
  path: '/v1/batch',
  headers: JSON_TYPE,
  body: (events, bytes, seed) =>
    JSON.stringify({
      project_id: 'kx_proj_bench',
      api_key: 'kx_key_bench',
      bundle_id: 'com.example.app',
      platform: 'ios',
      batch: range(events).map((n) => ({
        event_type: 'custom',
        event_name: 'plan_changed',
        device_id: `device-${seed}-${n}`,
        session_id: 's-1',
        timestamp: '2026-05-01T10:00:05.000Z',
        properties: properties(bytes - 40, seed + n),
      })),
      sent_at: '2026-05-01T10:00:06.000Z',
    }),
};

export const klaviyo: DialectLoad = {
  dialect: 'klaviyo',
  credentials: { privateKey: 'pk_bench' },
  path: '/api/event-bulk-create-jobs',
  headers: { ...JSON_TYPE, Authorization: 'Klaviyo-API-Key pk_bench', revision: '2026-07-15' },
  body: (events, bytes, seed) => {
    const data = range(events).map((n) => ({
      type: 'event-bulk-create',
      attributes: {
        profile: { data: { type: 'profile', attributes: { external_id: `user-${seed}-${n}` } } },
        events: {
          data: [
            {
              type: 'event',
              attributes: {
                metric: { data: { type: 'metric', attributes: { name: 'plan_changed' } } },
                properties: properties(bytes - 150, seed + n),
                time: '2026-05-01T10:00:05Z',
              },
            },
          ],
        },
      },
    }));
    return JSON.stringify({
      data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data } } },
    });
  },
};

export const allDialects: readonly DialectLoad[] = [flokit, vibefollow, kixo, klaviyo];

export function bodies(dialect: DialectLoad, events: number, eventBytes: number): readonly string[] {
  return range(DIFFERENT_BODIES).map((seed) => dialect.body(events, eventBytes, seed));
}
