import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  admin,
  flokitItem,
  flokitItems,
  idsAt,
  jsonLines,
  openLine,
  runCli,
  startCli,
  startGateway,
  startSink,
  tempDir,
  until,
  type Gateway,
  type Line,
} from '../support/index.js';

let gateway: Gateway;
let folder: string;

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

beforeAll(async () => {
  gateway = await startGateway();
  folder = await tempDir();
});

describe('validate, diff, apply and export', () => {
  const document = {
    sources: [
      {
        id: 'cli-app',
        name: 'App',
        dialect: 'flokit',
        credentials: { apiKey: 'fk_rw_cli', readOnlyApiKey: 'fk_ro_cli' },
      },
    ],
    destinations: [{ id: 'cli-log', name: 'Log', type: 'log', config: {} }],
  };

  it('bring a document in, tell the difference, and export it again', async () => {
    const file = await fileOf('config.json', JSON.stringify(document));
    expect(await runCli(gateway, ['validate', file])).toMatchObject({ code: 0, output: `${file} is valid.\n` });
    expect(await runCli(gateway, ['diff', file, '--exit-code'])).toMatchObject({
      code: 4,
      output: '+ source cli-app\n+ destination cli-log\n2 created, 0 updated, 0 deleted, 0 unchanged\n',
    });
    expect(await runCli(gateway, ['apply', file])).toMatchObject({ code: 0 });
    expect((await admin(gateway).ask('GET', '/sources/cli-app')).status).toBe(200);

    const exported = join(folder, 'exported.yaml');
    expect((await runCli(gateway, ['export', '-o', exported])).code).toBe(0);
    expect(await readFile(exported, 'utf8')).toContain('id: cli-app');
    expect(await runCli(gateway, ['diff', exported, '--exit-code', '--json'])).toMatchObject({
      code: 0,
      json: [{ created: [], updated: [], deleted: [], unchanged: [{ id: 'cli-app' }, { id: 'cli-log' }] }],
    });
    const asJson = await runCli(gateway, ['export', '--json']);
    expect(asJson.json).toMatchObject([{ sources: [{ id: 'cli-app' }], destinations: [{ id: 'cli-log' }] }]);
  });

  it('show the pointers of a faulty document', async () => {
    const file = await fileOf(
      'faulty.json',
      JSON.stringify({ sources: [{ id: 'x', dialect: 'flokit' }], destinations: [] }),
    );
    expect(await runCli(gateway, ['validate', file])).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        /^Refused \(422 validation_failed\).*\n {2}\/sources\/0\/name {2}is required\n$/s,
      ) as string,
    });
    expect((await runCli(gateway, ['apply', file, '--json'])).json).toMatchObject([
      { error: { exitCode: 1, problem: { status: 422, errors: [{ pointer: '/sources/0/name' }] } } },
    ]);
  });
});

describe('the connection', () => {
  it.each([
    [['export', '--token-file', '/does/not/exist'], {}, 2, 'Cannot read the admin token'],
    [['export'], { EVENT_GATEWAY_TOKEN: '' }, 2, 'There is no admin token'],
    [['export'], { EVENT_GATEWAY_TOKEN: 'wrong' }, 1, 'does not know this admin token'],
    [['export', '--url', 'http://127.0.0.1:9'], {}, 3, 'Cannot reach http://127.0.0.1:9'],
    [['export', '--url', 'nowhere'], {}, 2, '"nowhere" is no URL'],
    [['export', '--token', 'x'], {}, 2, "unknown option '--token'"],
    [['exprot'], {}, 2, 'Did you mean export?'],
  ] as const)('%j %j ends with %d', async (args, env, code, words) => {
    const run = await runCli(gateway, args, { env });
    expect(run).toMatchObject({ code, output: expect.stringContaining(words) as string });
  });

  it('takes the token of a gateway that was started in the same folder', async () => {
    const cwd = await tempDir();
    await mkdir(join(cwd, 'data'));
    await writeFile(join(cwd, 'data/admin-token'), `${gateway.adminToken}\n`);
    expect((await runCli(gateway, ['export'], { cwd, env: { EVENT_GATEWAY_TOKEN: '' } })).code).toBe(0);
  });
});

describe('tail, events trace and replay', () => {
  let line: Line;
  beforeAll(async () => {
    line = await openLine(gateway);
  });

  it('shows events as they are accepted, filtered', async () => {
    const tail = await startCli(gateway, ['tail', '--source', line.sourceId, '--event', 'seen', '-n', '2', '--json']);
    await until(
      async () => {
        await line.sender.accepted([flokitItem('unseen'), flokitItem('seen')]);
        return jsonLines(tail.output()).length >= 2;
      },
      { what: 'two events in the tail' },
    );
    expect((await tail.exited).code).toBe(0);
    expect(jsonLines(tail.output())).toMatchObject([{ event: 'seen' }, { event: 'seen' }]);
  });

  it('traces an event', async () => {
    const [id = ''] = await line.sender.accepted([flokitItem('traced', { user_id: 'u-\u001b[31m' })]);
    await until(() => idsAt(line.sink).includes(id));
    const { code, output } = await runCli(gateway, ['events', 'trace', id]);
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`${line.destinationId} {2}delivered\n.* 200 .*delivered`));
    expect(output).not.toContain('\u001b');
    expect(await runCli(gateway, ['events', 'trace', 'evt_unknown'])).toMatchObject({ code: 1 });
  });

  it('replays, counts, shows and cancels', async () => {
    const ids = await line.sender.accepted(flokitItems('again', 5));
    await until(() => ids.every((id) => idsAt(line.sink).includes(id)));
    const order = ['--destination', line.destinationId, '--from', 'history', '--where', '{"event":"again"}', '--json'];
    const counted = await runCli(gateway, ['replay', ...order, '--dry-run']);
    expect(counted).toMatchObject({ code: 0, json: [{ state: 'done', matched: 5, queued: 0 }] });
    const before = line.sink.requests.length;
    const done = await runCli(gateway, ['replay', ...order]);
    expect(done).toMatchObject({ code: 0, json: [{ state: 'done', matched: 5, queued: 5, delivered: 5 }] });
    expect(idsAt({ requests: line.sink.requests.slice(before) })).toHaveLength(5);

    const slow = await runCli(gateway, ['replay', ...order, '--rate', '1', '--detach']);
    const { id } = slow.json[0] as { id: string };
    expect(await runCli(gateway, ['replay', 'show', id])).toMatchObject({ code: 0 });
    expect(await runCli(gateway, ['replay', 'cancel', id, '--json'])).toMatchObject({ json: [{ state: 'cancelled' }] });
  });

  it('leaves a replay that is interrupted where nobody can answer, and says how to end it', async () => {
    await line.sender.accepted(flokitItems('long', 40));
    await line.settled();
    const order = [
      '--destination',
      line.destinationId,
      '--from',
      'history',
      '--where',
      '{"event":"long"}',
      '--rate',
      '1',
    ];
    const replay = await startCli(gateway, ['replay', ...order]);
    await until(() => replay.output().includes('Replay rpl_'));
    replay.signal('SIGINT');
    expect((await replay.exited).code).toBe(130);
    const [, id = ''] = /event-gateway replay cancel (rpl_\w+)/.exec(replay.output()) ?? [];
    expect((await runCli(gateway, ['replay', 'cancel', id])).code).toBe(0);
  });
});

describe('send --dry-run', () => {
  it('checks a file without a gateway', async () => {
    const file = await fileOf('checked.ndjson', `${JSON.stringify(flokitItem('ok'))}\n{"event":"no time"}\n`);
    const env = { EVENT_GATEWAY_URL: 'http://127.0.0.1:9', EVENT_GATEWAY_SOURCE_CREDENTIALS: 'fk_x' };
    expect(await runCli(gateway, ['send', file, '--dialect', 'flokit', '--dry-run'], { env })).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        'Not sent, line 2: missing_field: Missing required field: user_id or anonymous_id',
      ) as string,
    });
  });
});

describe('send against a gateway that is not always there', () => {
  it('waits as long as it is told, and sends again', async () => {
    const stub = await startSink({
      reply: (_request, index) => {
        if (index === 0) return { status: 429, headers: { 'Retry-After': '1' } };
        return index === 1 ? 'reset' : { status: 200 };
      },
    });
    const file = await fileOf('once.ndjson', JSON.stringify(flokitItem('once')));
    const env = { EVENT_GATEWAY_URL: stub.url, EVENT_GATEWAY_SOURCE_CREDENTIALS: 'fk_x' };
    const run = await runCli(gateway, ['send', file, '--dialect', 'flokit', '--json'], { env });
    expect(run).toMatchObject({ code: 0, json: [{ events: 1, requests: 1, repeats: 2, refused: 0 }] });
    const [first, second, third] = stub.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(third?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it('gives up where its patience ends, and at a refusal at once', async () => {
    const stub = await startSink({ reply: (_, index) => ({ status: index === 0 ? 503 : 401, body: 'who?' }) });
    const file = await fileOf('never.ndjson', JSON.stringify(flokitItem('never')));
    const env = { EVENT_GATEWAY_URL: stub.url, EVENT_GATEWAY_SOURCE_CREDENTIALS: 'fk_x' };
    const send = (...args: readonly string[]) =>
      runCli(gateway, ['send', file, '--dialect', 'flokit', ...args], { env });
    stub.replyWith(() => ({ status: 503, headers: { 'Retry-After': '60' } }));
    expect(await send('--patience', '1')).toMatchObject({ code: 3 });
    stub.replyWith(() => ({ status: 401, body: 'who?' }));
    expect(await send()).toMatchObject({ code: 1, output: expect.stringContaining('401: who?') as string });
  });
});
