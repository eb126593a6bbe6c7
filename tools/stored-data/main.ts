/**
 * Records what this release keeps in Redis as a fixture: every later release must be able to deliver it. Run it once
 * for a new version of anything that is stored: `npm run record:stored-data -- test/fixtures/stored-v4`.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  admin,
  dialectClients,
  endAll,
  readAppendOnlyFile,
  send,
  startGateway,
  startRedis,
  startSink,
  until,
  type Admin,
  type Happening,
} from '../../test/support/index.js';

const ENCRYPTION_KEY = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
/** Enough that the bodies of a request are stored compressed. */
const EVENTS_PER_REQUEST = 12;
const POISON = 'poison';
/** Of each request one event is about whom an erasure takes out: what it rewrites has a form of its own. */
const ERASED = 'user-5';

const folder = process.argv[2] ?? '';

const isErased = (mark: string): boolean => mark.endsWith('-5');

/** Takes a person out of what is stored by now. */
async function erase(control: Admin): Promise<void> {
  const { body } = await control.ask('POST', '/erasures', { userId: ERASED });
  const { id } = body as { readonly id: string };
  await until(async () => {
    const erasure = (await control.ask('GET', `/erasures/${id}`)).body as { readonly state: string };
    return erasure.state === 'done';
  });
}

/** The marks of one request per dialect. */
async function sendRound(baseUrl: string, round: string): Promise<readonly string[]> {
  const marks: string[] = [];
  for (const client of dialectClients) {
    const own = Array.from({ length: EVENTS_PER_REQUEST }, (_, n) => `${client.dialect}-${round}-${n}`);
    const happenings = own.map((mark, n): Happening => ({
      mark,
      name: n === 0 && client.dialect === 'flokit' && round === 'routed' ? POISON : 'tick',
      user: `user-${n}`,
      time: new Date().toISOString(),
      kind: 'timed',
    }));
    const { path, headers, body } = client.request(happenings);
    const response = await fetch(baseUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!client.success.includes(response.status)) throw new Error(`${client.dialect}: ${await response.text()}`);
    marks.push(...own);
  }
  return marks;
}

async function configure(control: Admin): Promise<void> {
  const sink = await startSink({
    reply: ({ url, body }) => {
      if (url === '/retried') return { status: 503 };
      return { status: body.includes(`"${POISON}"`) ? 400 : 200 };
    },
  });
  for (const { dialect, credentials } of dialectClients) {
    await control.createSource({ id: dialect, name: dialect, dialect, credentials });
  }
  for (const id of ['settled', 'retried', 'waiting']) {
    await control.createDestination({
      id,
      name: id,
      config: { url: `${sink.url}/${id}` },
      retry: { minDelayMs: 200, maxDelayMs: 200, maxAttempts: 1_000 },
    });
  }
  await control.ask('POST', '/destinations/waiting/pause');
}

/** Routed, partly settled, in retry, dead, waiting, partly erased; then more that is accepted and not yet routed. */
async function fill(url: string): Promise<object> {
  const env = { REDIS_URL: url, ADMIN_TOKEN: 'token', ENCRYPTION_KEY };
  const all = await startGateway({ env });
  const control = admin(all);
  await configure(control);
  const routed = await sendRound(all.baseUrl, 'routed');
  await until(async () => {
    const [settled, retried, waiting] = await Promise.all(
      ['settled', 'retried', 'waiting'].map((id) => control.stats(id)),
    );
    const isSettled = settled?.delivered === routed.length - 1 && settled.deadLettered === 1;
    return isSettled && (retried?.retrying ?? 0) > 0 && waiting?.waiting === routed.length;
  });
  for (const id of ['settled', 'retried']) await control.ask('POST', `/destinations/${id}/pause`);
  await erase(control);
  const left = routed.filter((mark) => !isErased(mark));
  await all.stop();
  // A process that only accepts leaves what it accepted unrouted.
  const api = await startGateway({ env: { ...env, ROLE: 'api' } });
  const unrouted = await sendRound(api.baseUrl, 'unrouted');
  await api.stop();
  return {
    release: '0.1.0',
    encryptionKey: ENCRYPTION_KEY,
    delivered: { settled: unrouted, retried: [...left, ...unrouted], waiting: [...left, ...unrouted] },
    deadLetter: routed[0],
    history: routed[1],
  };
}

async function readRedis(socketPath: string): Promise<readonly (readonly string[])[]> {
  await send(socketPath, 'CONFIG SET aof-use-rdb-preamble no');
  await send(socketPath, 'BGREWRITEAOF');
  await until(async () => (await send(socketPath, 'INFO persistence')).includes('aof_rewrite_in_progress:0'));
  const files = join(dirname(socketPath), 'appendonlydir');
  const base = (await readdir(files)).find((name) => name.endsWith('.base.aof'));
  if (base === undefined) throw new Error('Redis has written no base file');
  return readAppendOnlyFile(await readFile(join(files, base)));
}

try {
  if (folder === '') throw new Error('Name the folder to write to');
  const redis = await startRedis();
  const expected = await fill(redis.url);
  const commands = await readRedis(redis.socketPath);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'commands.jsonl'), commands.map((words) => `${JSON.stringify(words)}\n`).join(''));
  await writeFile(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
} finally {
  await endAll();
}
