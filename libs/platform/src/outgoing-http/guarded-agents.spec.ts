import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { AddressPolicy } from './address-policy.js';
import { createGuardedAgents, type GuardedAgents } from './guarded-agents.js';
import { NameResolver } from './name-resolver.js';

const PUBLIC: LookupAddress = { address: '203.0.114.1', family: 4 };
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };

/** Answers from a script, one list of addresses per question, and lets nothing be remembered; the last answer repeats. */
function scripted(...answers: readonly (readonly LookupAddress[])[]): NameResolver {
  let asked = 0;
  let hours = 0;
  const resolve = () => {
    asked += 1;
    return Promise.resolve(answers[Math.min(asked, answers.length) - 1] ?? []);
  };
  return new NameResolver(resolve, () => (hours += 1) * 3_600_000);
}

describe('guarded agents', () => {
  let server: http.Server;
  let port: number;
  let reached = 0;
  let connected = 0;
  const opened: GuardedAgents[] = [];

  beforeAll(async () => {
    server = http.createServer((_request, answer) => {
      reached += 1;
      answer.end('inside');
    });
    server.on('connection', () => {
      connected += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  beforeEach(() => {
    reached = 0;
    connected = 0;
  });

  afterAll(async () => {
    opened.forEach((agents) => agents.destroy());
    await new Promise((resolve) => server.close(resolve));
  });

  function agentsFor(policy: AddressPolicy, names = new NameResolver()): GuardedAgents {
    const agents = createGuardedAgents(policy, names);
    opened.push(agents);
    return agents;
  }

  /** The status, or the code of the error. */
  function get(agents: GuardedAgents, url: string): Promise<number | string | undefined> {
    const { get: start } = url.startsWith('https:') ? https : http;
    const agent = url.startsWith('https:') ? agents.https : agents.http;
    return new Promise((resolve) => {
      start(url, { agent }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
  }

  it.each(['http', 'https'])('refuses an address that is written out, over %s', async (scheme) => {
    const agents = agentsFor(new AddressPolicy([]));
    expect(await get(agents, `${scheme}://127.0.0.1:${port}/`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(await get(agents, `${scheme}://[::ffff:127.0.0.1]:${port}/`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(reached).toBe(0);
  });

  it.each(['http', 'https'])('refuses a name that resolves to a private address only, over %s', async (scheme) => {
    const agents = agentsFor(new AddressPolicy([]), scripted([LOOPBACK]));
    expect(await get(agents, `${scheme}://innocent.example:${port}/`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(reached).toBe(0);
  });

  it('judges every new answer of a name that changes its meaning', async () => {
    const rebinding = scripted([PUBLIC], [LOOPBACK]);
    const agents = agentsFor(new AddressPolicy([]), rebinding);
    expect(await rebinding.addressesOf('innocent.example')).toEqual([PUBLIC]);
    expect(await get(agents, `http://innocent.example:${port}/`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(reached).toBe(0);
  });

  it('uses the permitted ones among several addresses', async () => {
    const agents = agentsFor(new AddressPolicy(['127.0.0.0/8']), scripted([{ address: '::1', family: 6 }, LOOPBACK]));
    expect(await get(agents, `http://innocent.example:${port}/`)).toBe(200);
    expect(reached).toBe(1);
  });

  it('closes a connection whose peer is not the address it was made for, before anything is sent', async () => {
    const agents = agentsFor(new OnceDeceived());
    expect(await get(agents, `http://127.0.0.1:${port}/`)).toBe('ADDRESS_NOT_ALLOWED');
    expect(reached).toBe(0);
  });

  it('passes on what the resolver says', async () => {
    const failing = new NameResolver(() =>
      Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
    );
    expect(await get(agentsFor(new AddressPolicy([]), failing), 'http://nowhere.example/')).toBe('ENOTFOUND');
  });

  it('keeps connections', async () => {
    const agents = agentsFor(new AddressPolicy(['127.0.0.0/8']));
    for (let turn = 0; turn < 5; turn += 1) expect(await get(agents, `http://127.0.0.1:${port}/`)).toBe(200);
    expect(connected).toBe(1);
  });
});

/** Says yes to the address before connecting and no to the peer afterwards, as if the network had lied. */
class OnceDeceived extends AddressPolicy {
  private asked = 0;

  constructor() {
    super(['127.0.0.0/8']);
  }

  override permits(): boolean {
    this.asked += 1;
    return this.asked === 1;
  }
}
