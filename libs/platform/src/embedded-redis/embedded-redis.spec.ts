import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { answersPing, onEnd, send, startProcess, tempDir, until } from '../../../../test/support/index.js';
import { createLog } from '../log/index.js';
import { EmbeddedRedis } from './embedded-redis.js';

const log = createLog({ level: 'silent', pretty: false });
const searchPath = '/usr/bin:/usr/local/bin:/opt/homebrew/bin';

async function start(dataDir: string): Promise<EmbeddedRedis> {
  const redis = await EmbeddedRedis.start({ dataDir, searchPath, log });
  onEnd(() => redis.stop());
  return redis;
}

describe('EmbeddedRedis', () => {
  it('keeps data over a stop and a start, and leaves no socket behind', async () => {
    const dataDir = await tempDir();
    const first = await start(dataDir);
    await send(first.socketPath, 'SET greeting hello');
    await first.stop();
    expect(await readdir(join(dataDir, 'run'))).toEqual([]);

    const second = await start(dataDir);
    expect(await send(second.socketPath, 'GET greeting')).toBe('$5\r\nhello\r\n');
  });

  it('writes to disk before it answers, refuses when full, and listens on no TCP port', async () => {
    const { socketPath } = await start(await tempDir());
    const settings = await Promise.all(
      ['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'rdbcompression', 'port'].map((name) =>
        send(socketPath, `CONFIG GET ${name}`),
      ),
    );
    expect(settings.map((reply) => reply.split('\r\n')[4])).toEqual(['yes', 'always', 'noeviction', '', 'no', '0']);
  });

  it('comes back on the same socket with its data after a kill -9', async () => {
    const redis = await start(await tempDir());
    await send(redis.socketPath, 'SET greeting hello');
    const killed = redis.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    await until(() => redis.pid !== undefined && redis.pid !== killed, { what: 'a new server' });
    await until(() => answersPing(redis.socketPath), { what: 'the new server to answer' });
    expect(await send(redis.socketPath, 'GET greeting')).toBe('$5\r\nhello\r\n');
  });

  it('refuses a second owner of the directory and names the first', async () => {
    const dataDir = await tempDir();
    const first = await start(dataDir);
    await expect(EmbeddedRedis.start({ dataDir, searchPath, log })).rejects.toThrow(
      `${dataDir} is in use by another gateway (process ${process.pid}); stop it or set another DATA_DIR`,
    );
    expect(await answersPing(first.socketPath)).toBe(true);
  });

  it('lets exactly one of many that start together have the directory', async () => {
    const dataDir = await tempDir();
    const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => start(dataDir)));
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });

  it('starts over what a kill -9 leaves behind: dead sockets and a torn last write', async () => {
    const dataDir = await tempDir();
    const first = await start(dataDir);
    await send(first.socketPath, 'SET greeting hello');
    await first.stop();
    const files = await readdir(join(dataDir, 'redis/appendonlydir'));
    const appendLog = files.find((name) => name.endsWith('.incr.aof')) ?? '';
    await writeFile(join(dataDir, 'redis/appendonlydir', appendLog), '*3\r\n$3\r\nSET\r\n$4\r\nto', { flag: 'a' });
    await leaveDeadSocket(join(dataDir, 'run/gateway-00000000.sock'));
    await leaveDeadSocket(join(dataDir, 'run/redis-00000000.sock'));

    const second = await start(dataDir);
    expect(await send(second.socketPath, 'GET greeting')).toBe('$5\r\nhello\r\n');
    expect(await readdir(join(dataDir, 'run'))).toHaveLength(2);
  });

  it('ends a server of an earlier run that nobody owns before it opens the data', async () => {
    const dataDir = await tempDir();
    await mkdir(join(dataDir, 'run'), { mode: 0o700 });
    const socketPath = join(dataDir, 'run/redis-00000000.sock');
    const args = ['--port', '0', '--unixsocket', socketPath, '--save', '', '--dir', dataDir];
    const orphan = startProcess('redis-server', args, { env: { PATH: searchPath } });
    await until(() => answersPing(socketPath), { what: 'the orphan to run' });

    await start(dataDir);
    expect((await orphan.exited).signal).toBeNull();
  });

  it('finds room for its sockets when the path of the data directory is too long for one', async () => {
    const dataDir = join(await tempDir(), 'long'.repeat(25));
    const redis = await start(dataDir);
    expect(dirname(redis.socketPath)).toMatch(/^\/tmp\/event-gateway-\d+-[0-9a-f]{16}$/);
    onEnd(() => rm(dirname(redis.socketPath), { recursive: true }));
    await expect(EmbeddedRedis.start({ dataDir, searchPath, log })).rejects.toThrow('is in use by another gateway');
    await redis.stop();
  });

  it('says what the server said when it cannot start', async () => {
    const dataDir = await tempDir();
    await mkdir(join(dataDir, 'redis/appendonlydir'), { recursive: true });
    await writeFile(join(dataDir, 'redis/appendonlydir/appendonly.aof.manifest'), 'rubbish\n');
    await expect(start(dataDir)).rejects.toThrow(/^Redis did not start \(exit code 1\): .*manifest/s);
  });
});

async function leaveDeadSocket(path: string): Promise<void> {
  const listener = `require('net').createServer().listen(${JSON.stringify(path)})`;
  const owner = startProcess(process.execPath, ['-e', listener], { env: {} });
  await until(async () => (await readdir(dirname(path))).includes(basename(path)));
  await owner.killGroup();
}
