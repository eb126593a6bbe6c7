import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { answersPing, startGateway, tempDir, until, type Gateway } from '../support/index.js';

const run = promisify(execFile);

async function redisSocket(gateway: Gateway): Promise<string> {
  const names = await readdir(join(gateway.dataDir, 'run'));
  return join(gateway.dataDir, 'run', names.find((name) => name.startsWith('redis-')) ?? 'missing');
}

/** Processes whose command line names the directory, the gateway's own excluded: it has it in its environment only. */
async function processesOf(dataDir: string): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(dataDir));
}

describe('a gateway killed with -9, its whole process group at once', () => {
  it('leaves no process behind', async () => {
    const gateway = await startGateway();
    expect(await processesOf(gateway.dataDir)).not.toHaveLength(0);
    await gateway.kill();
    await until(async () => (await processesOf(gateway.dataDir)).length === 0, {
      what: 'Redis and its watcher to end',
    });
  });

  it('can be started again at once, on the same data, five times in a row', async () => {
    const dataDir = await tempDir();
    const tokens = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      const gateway = await startGateway({ dataDir });
      tokens.add(gateway.adminToken);
      await gateway.kill();
    }
    expect(tokens.size).toBe(1);
  });
});

describe('a second gateway on the same data', () => {
  it('is refused, and the first goes on', async () => {
    const first = await startGateway();
    const second = await startGateway({ dataDir: first.dataDir, untilReady: false });
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toContain(
      `The gateway cannot start: ${first.dataDir} is in use by another gateway (process ${first.pid}); ` +
        'stop it or set another DATA_DIR',
    );
    expect(await answersPing(await redisSocket(first))).toBe(true);
    expect((await fetch(`${first.baseUrl}/health/ready`)).status).toBe(200);
  });
});

describe('a Redis that dies alone', () => {
  it('is back within seconds, and the gateway with it', async () => {
    const gateway = await startGateway();
    const socket = await redisSocket(gateway);
    const [line = ''] = (await processesOf(gateway.dataDir)).filter((text) => text.includes('unixsocket:'));
    process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
    await until(async () => !(await answersPing(socket)), { what: 'the death to show' });
    await until(() => answersPing(socket), { what: 'Redis to be back' });
    await until(async () => (await fetch(`${gateway.baseUrl}/health/ready`)).ok, { what: 'the gateway to be ready' });
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  });
});
