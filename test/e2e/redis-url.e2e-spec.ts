import { join } from 'node:path';
import {
  flokitItem,
  freePort,
  idsAt,
  openLine,
  projectRoot,
  send,
  startGateway,
  startRedis,
  startSentinelGroup,
  until,
} from '../support/index.js';

const tlsFolder = join(projectRoot, 'test/support/tls');
const secrets = {
  LOG_LEVEL: 'error',
  ADMIN_TOKEN: 'token-of-the-operator',
  ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
};

describe('REDIS_URL', () => {
  it('with rediss:// reaches a server that speaks TLS only', async () => {
    const port = await freePort();
    await startRedis({
      port: '0',
      'tls-port': String(port),
      'tls-cert-file': join(tlsFolder, 'redis.crt'),
      'tls-key-file': join(tlsFolder, 'redis.key'),
      'tls-ca-cert-file': join(tlsFolder, 'ca.crt'),
      'tls-auth-clients': 'no',
    });
    const env = { ...secrets, REDIS_URL: `rediss://localhost:${port}`, NODE_EXTRA_CA_CERTS: join(tlsFolder, 'ca.crt') };
    const gateway = await startGateway({ env });
    const line = await openLine(gateway);
    await line.sender.accepted([flokitItem('over tls')]);
    await line.settled();
    expect(line.arrived('over tls')).toHaveLength(1);
  });

  it('with redis+sentinel:// follows the master to another server', async () => {
    const group = await startSentinelGroup();
    const gateway = await startGateway({ env: { ...secrets, REDIS_URL: group.url } });
    const line = await openLine(gateway);
    await line.sender.accepted([flokitItem('before')]);
    await line.settled();
    await group.master.kill();
    await until(async () => (await send(group.replica.socketPath, 'ROLE')).includes('master'), {
      timeoutMs: 60_000,
      what: 'the replica to be made the master',
    });
    const answer = await until(
      async () => {
        const { status, text } = await line.sender.batch([flokitItem('after')]);
        return status === 200 ? text : undefined;
      },
      // A sentinel that was held up for two seconds does nothing for thirty.
      { timeoutMs: 60_000, what: 'an event to be accepted again' },
    );
    const [id = ''] = (JSON.parse(answer) as { readonly event_ids: readonly string[] }).event_ids;
    await until(() => idsAt(line.sink).includes(id), { timeoutMs: 30_000, what: 'it to arrive' });
  }, 150_000);
});
