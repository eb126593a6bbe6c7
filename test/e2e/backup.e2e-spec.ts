import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  admin,
  flokitItems,
  idsAt,
  openLine,
  send,
  startGateway,
  startRedis,
  tempDir,
  until,
  type Gateway,
  type Line,
} from '../support/index.js';

/** A line that holds 30 accepted events, and their ids. */
async function lineWithHeldEvents(gateway: Gateway): Promise<{ line: Line; ids: readonly string[] }> {
  const line = await openLine(gateway);
  await admin(gateway).ask('POST', `/destinations/${line.destinationId}/pause`);
  const ids = await line.sender.accepted(flokitItems('held', 30));
  await until(async () => (await line.stats()).waiting === 30);
  return { line, ids };
}

async function configurationOf(gateway: Gateway): Promise<unknown> {
  return (await admin(gateway).ask('GET', '/config')).body;
}

/** The configuration is the same, the key of the source is known, and what waited is delivered. */
async function expectRestored(gateway: Gateway, line: Line, ids: readonly string[], configuration: unknown) {
  expect(await configurationOf(gateway)).toEqual(configuration);
  const probe = await fetch(`${gateway.baseUrl}/v1/workspace`, { headers: { authorization: `Bearer ${line.apiKey}` } });
  expect(probe.status).toBe(200);
  expect((await admin(gateway).ask('POST', `/destinations/${line.destinationId}/resume`)).status).toBe(200);
  await until(() => line.sink.requests.length > 0 && idsAt(line.sink).length >= ids.length);
  expect([...idsAt(line.sink)].sort()).toEqual([...ids].sort());
}

describe('a backup', () => {
  it('of the data folder of a stopped gateway starts as the same gateway elsewhere', async () => {
    const gateway = await startGateway();
    const { line, ids } = await lineWithHeldEvents(gateway);
    const configuration = await configurationOf(gateway);
    await gateway.stop();
    const dataDir = join(await tempDir(), 'restored');
    await cp(gateway.dataDir, dataDir, { recursive: true });
    await expectRestored(await startGateway({ dataDir }), line, ids, configuration);
  });

  it('of an own Redis taken at work is restored into an empty one', async () => {
    const env = { ADMIN_TOKEN: 'token', ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=' };
    const redis = await startRedis();
    const gateway = await startGateway({ env: { ...env, REDIS_URL: redis.url } });
    const { line, ids } = await lineWithHeldEvents(gateway);
    const configuration = await configurationOf(gateway);
    await send(redis.socketPath, 'SAVE');
    await gateway.kill();
    await redis.kill();
    const directory = await tempDir();
    await cp(join(dirname(redis.socketPath), 'dump.rdb'), join(directory, 'dump.rdb'));
    // With `appendonly yes` from the start, Redis would not look at the snapshot.
    const restored = await startRedis({ dir: directory, appendonly: 'no' });
    await send(restored.socketPath, 'CONFIG SET appendonly yes');
    await until(async () =>
      (await send(restored.socketPath, 'INFO persistence')).includes('aof_rewrite_in_progress:0'),
    );
    const successor = await startGateway({ env: { ...env, REDIS_URL: restored.url } });
    await expectRestored(successor, line, ids, configuration);
  });
});
