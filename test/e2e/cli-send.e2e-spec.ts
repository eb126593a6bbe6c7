import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  admin,
  dialectClients,
  eventsAt,
  runCli,
  startGateway,
  startSink,
  tempDir,
  until,
  type DialectClient,
  type Gateway,
  type Happening,
  type Sink,
} from '../support/index.js';

/** More than the limits of every dialect take in one request. */
const EVENTS = 1_200;

let gateway: Gateway;
let sink: Sink;
let folder: string;

beforeAll(async () => {
  [gateway, sink, folder] = await Promise.all([startGateway(), startSink(), tempDir()]);
  const control = admin(gateway);
  await control.createDestination({ config: { url: sink.url }, batch: { maxEvents: 1_000, maxWaitMs: 50 } });
  for (const { dialect, credentials } of dialectClients) await control.createSource({ dialect, credentials });
});

function happenings(client: DialectClient, round: string): readonly Happening[] {
  return Array.from({ length: EVENTS }, (_, n) => ({
    mark: `${client.dialect}-${round}-${n}`,
    name: 'tick',
    user: `u-${n}`,
    time: '2026-05-01T10:00:05.000Z',
    kind: client.dialect === 'vibefollow' ? 'untimed' : 'timed',
  }));
}

/** The first list in a request's body. */
function itemsOf(body: unknown): readonly unknown[] {
  const members = Object.values(body as Record<string, unknown>);
  const list = members.find((member) => Array.isArray(member)) as readonly unknown[] | undefined;
  return list ?? itemsOf(members.find((member) => typeof member === 'object'));
}

async function arrived(marks: readonly string[]): Promise<void> {
  await until(() => {
    const seen = new Set(eventsAt(sink).map(({ properties }) => properties.mark));
    return marks.every((mark) => seen.has(mark));
  });
}

describe.each(dialectClients.map((client) => [client.dialect, client] as const))('send in %s', (dialect, client) => {
  const send = (file: string, ...args: readonly string[]) =>
    runCli(gateway, ['send', file, '--dialect', dialect, '--json', ...args], {
      env: { EVENT_GATEWAY_SOURCE_CREDENTIALS: JSON.stringify(client.credentials) },
    });

  it('takes items by the line, in requests within the limits', async () => {
    const all = happenings(client, 'lines');
    const file = join(folder, `${dialect}.ndjson`);
    const lines = itemsOf(client.request(all).body).map((item) => JSON.stringify(item));
    await writeFile(file, `${lines.join('\n')}\n`);
    const envelope = dialect === 'kixo' ? ['--set', 'bundle_id=org.sample.shop', 'platform=ios'] : [];
    const requests = dialect === 'vibefollow' ? 3 : 2;
    const run = await send(file, ...envelope);
    expect(run).toMatchObject({ code: 0, json: [{ events: EVENTS, requests, refused: 0 }] });
    await arrived(all.map(({ mark }) => mark));
  });

  it("takes a body of the vendor's, however long, and leaves out what would be refused", async () => {
    const all = happenings(client, 'body');
    const { body } = client.request(all);
    (itemsOf(body) as unknown[]).push({ nonsense: true });
    const file = join(folder, `${dialect}.json`);
    await writeFile(file, JSON.stringify(body, null, 2));
    expect(await send(file)).toMatchObject({
      code: 1,
      output: expect.stringContaining('Not sent, document, item 1201: ') as string,
      json: [{ events: EVENTS, refused: 1 }],
    });
    await arrived(all.map(({ mark }) => mark));
  });
});

it('send refuses what it cannot make sense of', async () => {
  const env = { EVENT_GATEWAY_SOURCE_CREDENTIALS: '{"projectId":"kx_proj_1"}' };
  const refusal = async (...args: readonly string[]) => {
    const { code, output } = await runCli(gateway, ['send', ...args], { env });
    return { code, output };
  };
  const none = join(folder, 'none.json');
  expect(await refusal(none, '--dialect', 'kixo')).toMatchObject({
    code: 2,
    output: expect.stringContaining('lack apiKey: Kixo needs {"projectId":"…","apiKey":"…"}') as string,
  });
  expect(await refusal(none, '--dialect', 'esperanto')).toMatchObject({
    code: 2,
    output: expect.stringContaining('there are flokit, kixo, klaviyo, vibefollow') as string,
  });
});
