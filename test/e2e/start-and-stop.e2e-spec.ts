import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import {
  freePort,
  onEnd,
  projectRoot,
  startGateway,
  startProcess,
  startRedis,
  tempDir,
  until,
} from '../support/index.js';

const key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

describe('a gateway', () => {
  it('tells who it is, how it feels and what it counts', async () => {
    const { baseUrl } = await startGateway();

    expect(await (await fetch(`${baseUrl}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`${baseUrl}//health//ready/`)).json()).toEqual({
      status: 'ready',
      reasons: [],
      notGuaranteed: [],
    });
    expect(await (await fetch(`${baseUrl}/metrics`)).text()).toContain('process_cpu_user_seconds_total');
    expect(await (await fetch(baseUrl)).json()).toMatchObject({
      name: 'event-gateway',
      role: 'all',
      links: { docs: '/docs', openapi: '/openapi.json', metrics: '/metrics' },
    });
    const page = await fetch(baseUrl, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<a href="/docs">');
  });

  it('answers what breaks before any route as a problem, with a request id', async () => {
    const { baseUrl } = await startGateway();
    const malformed = await fetch(`${baseUrl}/%zz`);
    expect(malformed.status).toBe(400);
    expect(malformed.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]+$/);
    expect(await malformed.json()).toMatchObject({ title: 'Bad Request', status: 400 });

    const flood = await fetch(baseUrl, { headers: { 'x-flood': 'x'.repeat(20_000) } });
    expect(flood.status).toBe(431);
    expect(flood.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]+$/);
    expect(await flood.json()).toMatchObject({ title: 'Request Header Fields Too Large', status: 431 });
  });

  it('exits 0 on SIGTERM, its Redis gone, its token and key private', async () => {
    const gateway = await startGateway();
    const modes = await Promise.all(
      ['admin-token', 'encryption-key'].map(async (name) => (await stat(join(gateway.dataDir, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(gateway.output()).toContain('"msg":"Stopped"');
  });

  it('drains once on a Ctrl-C, which npm passes on a second time', async () => {
    const gateway = await startGateway();
    process.kill(gateway.pid, 'SIGINT');
    process.kill(gateway.pid, 'SIGINT');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(gateway.output()).toContain('"msg":"Stopped"');
  });

  it('serves health, metrics and / as a worker on a Redis of the operator', async () => {
    const redis = await startRedis();
    const env = { ROLE: 'worker', REDIS_URL: redis.url, ADMIN_TOKEN: 't', ENCRYPTION_KEY: key };
    const { baseUrl } = await startGateway({ env });
    expect(await (await fetch(baseUrl)).json()).toMatchObject({
      role: 'worker',
      links: { live: '/health/live', ready: '/health/ready', metrics: '/metrics' },
    });
    expect((await fetch(`${baseUrl}/admin/v1/sources`)).status).toBe(404);
  });

  it('answers monitors that ask with HEAD', async () => {
    const { baseUrl } = await startGateway();
    for (const path of ['/', '/health/live', '/health/ready', '/metrics']) {
      const answer = await fetch(baseUrl + path, { method: 'HEAD' });
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, '']);
    }
  });

  it('does not start in an unusable environment and lists all that is wrong', async () => {
    const gateway = await startGateway({ env: { ROLE: 'worker', PORT: 'eighty' }, untilReady: false });
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output()).toContain(
      'The environment is not usable:\n' +
        '  - PORT must be a whole number\n' +
        '  - ROLE worker needs REDIS_URL: an embedded Redis serves one process only\n',
    );
  });

  it('does not start on a port that is taken, and says so', async () => {
    const port = await freePort();
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));
    onEnd(() => void occupant.close());
    const gateway = await startGateway({ port, untilReady: false });
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output()).toContain('EADDRINUSE');
  });
});

describe('npm start', () => {
  it('hands a SIGTERM on to the server and the exit code back', async () => {
    const port = await freePort();
    // Builds, if need be.
    await (await startGateway()).stop();
    const npm = startProcess('npm', ['start'], {
      cwd: projectRoot,
      env: { PATH: process.env.PATH ?? '', PORT: String(port), DATA_DIR: await tempDir() },
    });
    const url = `http://127.0.0.1:${port}/health/ready`;
    await until(async () => (await fetch(url)).ok, { timeoutMs: 30_000, what: 'the server to be ready' });
    npm.signal('SIGTERM');
    expect(await npm.exited).toEqual({ code: 0, signal: null });
    expect(npm.output()).toContain('"msg":"Stopped"');
    await expect(fetch(url)).rejects.toThrow();
  });
});
