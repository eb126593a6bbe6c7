import { admin, report, startGateway, startSink, until } from '../support/index.js';

/** A long run: `EVENTS_PER_DIALECT=100000 npm test -- four-dialects`. */
const EVENTS = Number(process.env.EVENTS_PER_DIALECT ?? 3_000);
const PER_REQUEST = 100;
/** Requests under way at once per dialect. */
const CLIENTS = 4;

interface Client {
  readonly dialect: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  body(marks: readonly string[]): unknown;
}

const timestamp = '2026-05-01T10:00:05.000Z';

const clients: readonly Client[] = [
  {
    dialect: 'flokit',
    credentials: { apiKey: 'fk_four' },
    path: '/v1/batch/events',
    headers: { authorization: 'Bearer fk_four' },
    status: 200,
    body: (marks) => ({
      events: marks.map((mark) => ({ event: 'tick', user_id: mark, timestamp, properties: { mark } })),
    }),
  },
  {
    dialect: 'vibefollow',
    credentials: { apiKey: 'sk_live_four' },
    path: '/api/v1/events/batch',
    headers: { authorization: 'Bearer sk_live_four' },
    status: 202,
    body: (marks) => ({
      events: marks.map((mark) => ({ name: 'tick', external_user_id: mark, properties: { mark } })),
    }),
  },
  {
    dialect: 'kixo',
    credentials: { projectId: 'kx_proj_four', apiKey: 'kx_key_four' },
    path: '/v1/batch',
    headers: {},
    status: 200,
    body: (marks) => ({
      project_id: 'kx_proj_four',
      api_key: 'kx_key_four',
      bundle_id: 'com.example.app',
      platform: 'ios',
      batch: marks.map((mark) => ({
        event_type: 'custom',
        event_name: 'tick',
        device_id: mark,
        session_id: 's',
        timestamp,
        properties: { mark },
      })),
    }),
  },
  {
    dialect: 'klaviyo',
    credentials: { privateKey: 'pk_four' },
    path: '/api/event-bulk-create-jobs',
    headers: { authorization: 'Klaviyo-API-Key pk_four', revision: '2026-07-15' },
    status: 202,
    body: (marks) => ({
      data: {
        type: 'event-bulk-create-job',
        attributes: {
          'events-bulk-create': {
            data: marks.map((mark) => ({
              type: 'event-bulk-create',
              attributes: {
                profile: { data: { type: 'profile', attributes: { external_id: mark } } },
                events: {
                  data: [
                    {
                      type: 'event',
                      attributes: {
                        metric: { data: { type: 'metric', attributes: { name: 'tick' } } },
                        properties: { mark },
                        time: timestamp,
                      },
                    },
                  ],
                },
              },
            })),
          },
        },
      },
    }),
  },
];

/** Posts all of a dialect's events; every answer must be the vendor's success. */
async function pour(baseUrl: string, client: Client): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let from = next; from < EVENTS; from = next) {
      next += PER_REQUEST;
      const count = Math.min(PER_REQUEST, EVENTS - from);
      const marks = Array.from({ length: count }, (_, i) => `${client.dialect}-${from + i}`);
      const response = await fetch(baseUrl + client.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...client.headers },
        body: JSON.stringify(client.body(marks)),
      });
      await response.arrayBuffer();
      if (response.status !== client.status) throw new Error(`${client.dialect} answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
}

describe('four dialects on one port at once', () => {
  it(`lose none of ${EVENTS} events each, and each arrives once`, async () => {
    const gateway = await startGateway({ env: { LOG_LEVEL: 'warn' } });
    const control = admin(gateway);
    const arrived = new Map<string, number>();
    const sink = await startSink({
      reply: ({ body }) => {
        for (const [, mark = ''] of body.matchAll(/"mark":"([a-z]+-\d+)"/g))
          arrived.set(mark, (arrived.get(mark) ?? 0) + 1);
        return { status: 200 };
      },
    });
    await control.createDestination({
      id: 'all',
      config: { url: sink.url },
      batch: { maxEvents: 1_000, maxWaitMs: 100 },
    });
    for (const { dialect, credentials } of clients) await control.createSource({ dialect, credentials });
    const startedAt = performance.now();
    await Promise.all(clients.map((client) => pour(gateway.baseUrl, client)));
    const pouredAt = performance.now();
    await until(() => arrived.size === EVENTS * clients.length, { timeoutMs: 60_000, what: 'every event to arrive' });
    const repeated = [...arrived.values()].filter((times) => times > 1).length;
    report(
      `four dialects: ${EVENTS} events each accepted in ${Math.round(pouredAt - startedAt)} ms, ` +
        `all arrived after ${Math.round(performance.now() - startedAt)} ms in ${sink.requests.length} requests, ${repeated} repeated`,
    );
    expect(repeated).toBe(0);
    for (const { dialect } of clients) {
      expect([...arrived.keys()].filter((mark) => mark.startsWith(`${dialect}-`))).toHaveLength(EVENTS);
    }
  }, 300_000);
});
