/** How a server says that it cannot do what it was asked for now. */
const PASSING_REPLIES = /^(?:LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY|NOREPLICAS|MISCONF|OOM|BUSY) /;
/** Names of ioredis' own errors for commands that did not reach a server. */
const UNREACHED_NAMES: ReadonlySet<unknown> = new Set([
  'AbortError',
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
]);
const UNREACHED_CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'NR_CLOSED',
]);
/** Errors for which ioredis has neither name nor code. */
const UNREACHED_MESSAGES: ReadonlySet<unknown> = new Set([
  'Connection is closed.',
  'Command timed out',
  "Stream isn't writeable and enableOfflineQueue options is false",
  "Cluster isn't ready and enableOfflineQueue options is false",
]);

/** Whether a command failed because Redis does not answer or cannot serve now: the same call may succeed later. */
export function isRedisAway(error: unknown): boolean {
  const message = memberOf(error, 'message');
  if (memberOf(error, 'name') === 'ReplyError') return typeof message === 'string' && PASSING_REPLIES.test(message);
  if (UNREACHED_NAMES.has(memberOf(error, 'name')) || UNREACHED_MESSAGES.has(message)) return true;
  return UNREACHED_CODES.has(memberOf(error, 'code')) && memberOf(error, 'syscall') !== undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
