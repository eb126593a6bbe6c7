import { Ajv2020 } from 'ajv/dist/2020.js';
import { batchWith, deliver, eventOf, exchange } from '../../../../test/support/connector-driver.js';
import { startKixo } from '../../../../test/support/stand-ins/kixo.js';
import type { StandIn } from '../../../../test/support/stand-ins/stand-in.js';
import kixo from './kixo.connector.js';

let standIn: StandIn;
const credentials = { projectId: 'kx_proj_1', apiKey: 'kx_key_1' };
const app = { bundleId: 'com.acme.server', platform: 'web' };
const settings = () => ({ config: { baseUrl: standIn.url, ...app }, credentials });

beforeEach(async () => {
  standIn = await startKixo(credentials);
});
afterEach(() => standIn.close());

describe('Kixo as a destination', () => {
  it('gets a full batch in one request, without a time of sending', async () => {
    const { requests, delivered, notes } = await deliver(kixo, settings(), batchWith(1_000, -1, {}));
    expect([requests, delivered.length, notes]).toEqual([1, 1_000, []]);
    expect(standIn.taken).toHaveLength(1_000);
    expect(standIn.requests[0]?.json).not.toHaveProperty('sent_at');
  });

  it('never sees the one poisoned event among 1,000: its answer could not name it', async () => {
    const { requests, delivered, rejected, notes } = await deliver(
      kixo,
      settings(),
      batchWith(1_000, 617, { event: '' }),
    );
    expect([requests, delivered.length, notes]).toEqual([1, 999, []]);
    expect(rejected).toEqual(['evt_00000000000000000617: Missing required field: event_name']);
  });

  it('sends nothing twice for a bare count, and notes it', async () => {
    standIn.prescribe({ kind: 'answer_after_taking', reply: { status: 200, body: { status: 'ok', accepted: 7 } } });
    const { requests, delivered, notes } = await deliver(kixo, settings(), batchWith(10, -1, {}));
    expect([requests, delivered.length, notes]).toEqual([1, 10, ['accepted 7 of 10']]);
  });

  it('gets events under every app that can be configured: it counts characters', async () => {
    const config = { ...settings().config, bundleId: '🎉'.repeat(1_024) };
    const { delivered, rejected } = await deliver(kixo, { config, credentials }, [
      eventOf(0),
      eventOf(1, { context: { app_id: '🎉'.repeat(1_025) } }),
    ]);
    expect(delivered).toEqual(['evt_00000000000000000000']);
    expect(rejected).toEqual(['evt_00000000000000000001: Invalid field: bundle_id']);
  });

  it('gets a request for each app, platform and environment', async () => {
    const of = (n: number, context: object) => eventOf(n, { context: { ...context } });
    const shop = { app_id: 'org.sample.shop', platform: 'ios' };
    await deliver(kixo, settings(), [
      of(0, shop),
      of(1, { ...shop, environment: 'staging' }),
      of(2, { ...shop, platform: 'android' }),
      of(3, {}),
      of(4, { ...shop, environment: 'production' }),
    ]);
    const envelopes = standIn.requests.map(({ json, takenCount }) => {
      const { bundle_id, platform, environment } = json as Readonly<Record<string, string>>;
      return [bundle_id, platform, environment, takenCount];
    });
    expect(envelopes).toEqual([
      ['org.sample.shop', 'ios', 'production', 2],
      ['org.sample.shop', 'ios', 'staging', 1],
      ['org.sample.shop', 'android', 'production', 1],
      ['com.acme.server', 'web', 'production', 1],
    ]);
  });

  it('holds its events when the pair of credentials is refused', async () => {
    const wrong = { ...settings(), credentials: { ...credentials, projectId: 'kx_proj_2' } };
    expect(await exchange(kixo, wrong, [eventOf(0)], '', 'req_1')).toEqual({ kind: 'paused', code: 'http_401' });
  });
});

describe('Kixo settings', () => {
  const takesConfig = new Ajv2020().compile(kixo.configSchema);
  const config = { baseUrl: 'https://api.kixo.io', ...app };

  it.each([
    {},
    { environment: 'staging' },
    { environment: 'qa' },
    { platform: 'ios' },
    { bundleId: '🎉'.repeat(1_024) },
  ])('take %j', (more) => {
    expect(takesConfig({ ...config, ...more })).toBe(true);
  });

  it.each([{ platform: 'server' }, { bundleId: '' }, { environment: '' }, { bundleId: 'x'.repeat(1_025) }, { app: 1 }])(
    'refuse %j',
    (more) => {
      expect(takesConfig({ ...config, ...more })).toBe(false);
    },
  );
});
