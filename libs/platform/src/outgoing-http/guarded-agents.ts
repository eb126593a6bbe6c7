import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, Socket, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressPolicy } from './address-policy.js';
import type { NameResolver } from './name-resolver.js';

/** Marks errors of connections that the policy refused. */
export const ADDRESS_NOT_ALLOWED = 'ADDRESS_NOT_ALLOWED';

export interface GuardedAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
  destroy(): void;
}

type Created = (error: Error | null, stream: Duplex) => void;

/** Shorter than the five seconds after which many servers close an idle connection: fewer lost races. */
const IDLE_MS = 4_000;

const AGENT_SETTINGS: http.AgentOptions = {
  keepAlive: true,
  // As axios sets it: where the two differ, each request costs two system calls to turn it one way and back.
  keepAliveMsecs: 60_000,
  maxSockets: 256,
  maxFreeSockets: 32,
  timeout: IDLE_MS,
};

/**
 * Keep-alive agents that connect only where the policy permits. Three gates, because each alone has a hole: an address
 * written as such never meets `lookup`, a name must be judged by the very answer that is connected to, and the peer
 * of the open socket is the last word.
 */
export function createGuardedAgents(policy: AddressPolicy, names: NameResolver): GuardedAgents {
  const guard = new ConnectionGuard(policy, names);
  const plain = new GuardedHttpAgent(guard);
  const secure = new GuardedHttpsAgent(guard);
  return {
    http: plain,
    https: secure,
    destroy: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

class ConnectionGuard {
  constructor(
    private readonly policy: AddressPolicy,
    private readonly names: NameResolver,
  ) {}

  /** Error for a host that is itself a forbidden address; names are left to `lookup`. */
  refuses(host: string): Error | undefined {
    return isIP(host) !== 0 && !this.policy.permits(host) ? notAllowed(host) : undefined;
  }

  readonly lookup: LookupFunction = (hostname, settings, callback) => {
    this.permittedAddresses(hostname).then(
      ([first, ...others]) => {
        if (settings.all === true) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  watch(stream: Duplex | null | undefined): Duplex | null | undefined {
    if (!(stream instanceof Socket)) return stream;
    // First in line for 'connect': nothing of the request has been written when this runs.
    stream.prependOnceListener('connect', () => {
      const peer = stream.remoteAddress;
      if (peer !== undefined && !this.policy.permits(peer)) stream.destroy(notAllowed(peer));
    });
    return stream;
  }

  private async permittedAddresses(hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
    const addresses = await this.names.addressesOf(hostname);
    const [first, ...others] = addresses.filter(({ address }) => this.policy.permits(address));
    if (!first) throw notAllowed(hostname);
    return [first, ...others];
  }
}

class GuardedHttpAgent extends http.Agent {
  constructor(private readonly guard: ConnectionGuard) {
    super(AGENT_SETTINGS);
  }

  override createConnection(target: http.ClientRequestArgs, created?: Created): Duplex | null | undefined {
    const refused = this.guard.refuses(target.host ?? '');
    if (refused) return fail(refused, created);
    return this.guard.watch(super.createConnection({ ...target, lookup: this.guard.lookup }, created));
  }
}

class GuardedHttpsAgent extends https.Agent {
  constructor(private readonly guard: ConnectionGuard) {
    super(AGENT_SETTINGS);
  }

  override createConnection(target: https.RequestOptions, created?: Created): Duplex | null | undefined {
    const refused = this.guard.refuses(target.host ?? '');
    if (refused) return fail(refused, created);
    return this.guard.watch(super.createConnection({ ...target, lookup: this.guard.lookup }, created));
  }
}

function fail(error: Error, created?: Created): undefined {
  created?.(error, new Socket());
}

function notAllowed(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} is a private or reserved address`), { code: ADDRESS_NOT_ALLOWED });
}
