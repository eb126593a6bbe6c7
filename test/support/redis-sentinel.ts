import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findServer, send, startRedis, type TestRedis } from './redis.js';
import { freePort, tempDir } from './temp-dir.js';
import { startProcess } from './tied-process.js';
import { until } from './until.js';

export interface SentinelGroup {
  /** As `REDIS_URL` takes it. */
  readonly url: string;
  readonly master: TestRedis;
  readonly replica: TestRedis;
}

/** A master, its replica, and a sentinel that makes the replica the master a second after the master has gone. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const master = await startRedis();
  const replica = await startRedis({ replicaof: `127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay': '0' });
  await until(async () => (await send(replica.socketPath, 'INFO replication')).includes('master_link_status:up'));
  const directory = await tempDir();
  const [port, socketPath, file] = [
    await freePort(),
    join(directory, 'sentinel.sock'),
    join(directory, 'sentinel.conf'),
  ];
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `unixsocket ${socketPath}`,
    `dir ${directory}`,
    `sentinel monitor shop 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds shop 1000',
    'sentinel failover-timeout shop 5000',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  startProcess(await findServer(), [file, '--sentinel'], { env: { LC_ALL: 'C' } });
  await until(async () => (await send(socketPath, 'SENTINEL REPLICAS shop')).includes(String(replica.port)), {
    timeoutMs: 30_000,
    what: 'the sentinel to know the replica',
  });
  return { url: `redis+sentinel://127.0.0.1:${port}/shop`, master, replica };
}
