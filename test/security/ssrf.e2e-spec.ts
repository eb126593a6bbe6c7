import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { AddressPolicy, OutgoingHttp } from '#platform';
import { createGuardedAgents } from '../../libs/platform/src/outgoing-http/guarded-agents.js';
import { NameResolver } from '../../libs/platform/src/outgoing-http/name-resolver.js';
import { admin, startGateway, startSink } from '../support/index.js';
import { report } from '../support/report.js';
import { FORBIDDEN_ADDRESSES, FORBIDDEN_URLS } from './ssrf-vectors.js';

const PUBLIC: LookupAddress = { address: '203.0.114.1', family: 4 };

const lookupAddress = (address: string): LookupAddress => ({ address, family: isIP(address) });

/** What an attempt to get the URL ends with: a status, or the code of the error. */
function outcomeOf(url: string, names: NameResolver): Promise<number | string | undefined> {
  const agents = createGuardedAgents(new AddressPolicy([]), names);
  const secure = url.startsWith('https:');
  return new Promise<number | string | undefined>((resolve) => {
    const request = (secure ? https : http).get(url, { agent: secure ? agents.https : agents.http, timeout: 500 });
    request.on('response', (answer) => resolve(answer.statusCode));
    request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'CONNECTED_TO_NOWHERE' })));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  }).finally(() => agents.destroy());
}

/** Those of the vectors that were not refused. */
async function notRefused(
  vectors: readonly string[],
  outcome: (vector: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const passed: string[] = [];
  for (const vector of vectors) if ((await outcome(vector)) !== 'ADDRESS_NOT_ALLOWED') passed.push(vector);
  return passed;
}

describe('an address inside', () => {
  it('cannot become a destination, however it is spelled', async () => {
    const gateway = await startGateway({ env: { DESTINATION_ALLOWED_CIDRS: '' } });
    const api = admin(gateway);
    const taken: unknown[] = [];
    for (const url of FORBIDDEN_URLS) {
      const { status, body } = await api.ask('POST', '/destinations', { name: 'In', type: 'webhook', config: { url } });
      const { errors } = body as { readonly errors?: readonly { readonly pointer: string }[] };
      if (status !== 422 || errors?.[0]?.pointer !== '/config/url') taken.push([url, status, body]);
    }
    expect(taken).toEqual([]);
    expect(new Set(FORBIDDEN_URLS).size).toBeGreaterThanOrEqual(300);
    report(`${FORBIDDEN_URLS.length} URLs tried as destinations, ${FORBIDDEN_URLS.length} refused`);
  });

  it('is not connected to, written out or as the answer of a name, first or later', async () => {
    const nameless = new NameResolver(() => Promise.reject(new Error('not to be asked')));
    const url = (address: string): string =>
      `http://${isIP(address) === 6 ? `[${address.split('%')[0]}]` : address}:9/`;
    const plain = await notRefused(FORBIDDEN_ADDRESSES, (address) => outcomeOf(url(address), nameless));
    const named = await notRefused(FORBIDDEN_ADDRESSES, (address) =>
      outcomeOf('https://innocent.example:9/', new NameResolver(() => Promise.resolve([lookupAddress(address)]))),
    );
    const rebound = await notRefused(FORBIDDEN_ADDRESSES, async (address) => {
      const answers = [[PUBLIC], [lookupAddress(address)]];
      let hours = 0;
      const names = new NameResolver(
        () => Promise.resolve(answers.shift() ?? []),
        () => (hours += 1) * 3_600_000,
      );
      await names.addressesOf('innocent.example');
      return outcomeOf('http://innocent.example:9/', names);
    });
    expect({ plain, named, rebound }).toEqual({ plain: [], named: [], rebound: [] });
    const tried = 3 * FORBIDDEN_ADDRESSES.length;
    expect(tried).toBeGreaterThanOrEqual(250);
    report(`${tried} connections tried (literal, named, rebound), ${tried} refused`);
  });

  it('is not reached by an answer that redirects to it', async () => {
    const inside = await startSink();
    const outgoing = new OutgoingHttp(new AddressPolicy(['127.0.0.0/8']));
    for (const status of [300, 301, 302, 303, 307, 308]) {
      const outside = await startSink({ reply: () => ({ status, headers: { location: inside.url } }) });
      const sent = await outgoing.send({ method: 'POST', url: outside.url, headers: {}, body: '{}', timeoutMs: 2_000 });
      expect(sent).toMatchObject({ kind: 'response', status });
    }
    outgoing.onApplicationShutdown();
    expect(inside.requests).toEqual([]);
    report('6 redirects answered, 0 followed');
  });
});
