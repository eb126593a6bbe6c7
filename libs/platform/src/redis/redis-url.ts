export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  /** Every URL names one node; the others are found through it. */
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      /** As the sentinels call the group of servers. */
      readonly master: string;
      readonly username: string;
      readonly password: string;
      readonly db: number;
      /** Of the servers and the sentinels. */
      readonly tls: boolean;
    };

const SENTINEL_PORT = 26_379;
const SENTINEL = /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^@/]+)\/([^/?#]+)(?:\/(\d{1,3}))?$/;
const NODE = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

/**
 * `redis://…` or `rediss://…`; several, separated by commas, are nodes of a cluster;
 * `redis+sentinel://[user:password@]host[:port][,host[:port]…]/master[/db]` asks sentinels (`rediss+sentinel:` over TLS).
 * Undefined for anything else.
 */
export function parseRedisUrl(text: string): RedisTarget | undefined {
  if (SENTINEL.test(text)) return sentinelTarget(text);
  const urls = text.split(',').map((url) => url.trim());
  if (!urls.every(isServerUrl)) return undefined;
  const [first = ''] = urls;
  return urls.length === 1 ? { kind: 'single', url: first } : { kind: 'cluster', urls };
}

function sentinelTarget(text: string): RedisTarget | undefined {
  const [, scheme, login = '', hosts = '', master = '', db = '0'] = SENTINEL.exec(text) ?? [];
  const sentinels = hosts.split(',').map((host) => sentinelNode(host.trim()));
  const colon = login.indexOf(':');
  const username = decoded(colon < 0 ? login : login.slice(0, colon));
  const password = decoded(colon < 0 ? '' : login.slice(colon + 1));
  const name = decoded(master);
  if (username === undefined || password === undefined || name === undefined) return undefined;
  const known = sentinels.filter((node) => node !== undefined);
  if (known.length !== sentinels.length) return undefined;
  const tls = scheme === 'rediss';
  return { kind: 'sentinel', sentinels: known, master: name, username, password, db: Number(db), tls };
}

function sentinelNode(text: string): RedisNode | undefined {
  const [, host, port = String(SENTINEL_PORT)] = NODE.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '';
}
