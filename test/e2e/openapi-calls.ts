/** A call that must succeed. `path` as documented; `id` takes the place of what stands in braces. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  /** Later calls may name the `id` of this answer by this word. */
  readonly answers?: string;
}

export interface Known {
  readonly eventId: string;
  readonly deadLetterId: string;
}

const SOURCES = '/admin/v1/sources';
const DESTINATIONS = '/admin/v1/destinations';
const webhook = { name: 'Hook', type: 'webhook', config: { url: 'http://127.0.0.1:9/' } };
const source = { name: 'App', dialect: 'kixo' };

/**
 * One successful call of every admin operation but lists, in an order in which they succeed, given a destination `crm`
 * with a dead letter and a delivered event. Lists are called without being named here.
 */
export function contractCalls({ eventId, deadLetterId }: Known): readonly Call[] {
  const replay = { destinationId: 'crm', from: 'history' };
  return [
    { method: 'GET', path: '/admin/v1/dialects/{name}', id: 'klaviyo' },
    { method: 'GET', path: '/admin/v1/destination-types/{type}', id: 'webhook' },
    { method: 'POST', path: SOURCES, body: { ...source, id: 'app' } },
    { method: 'GET', path: `${SOURCES}/{id}`, id: 'app' },
    { method: 'PATCH', path: `${SOURCES}/{id}`, id: 'app', body: { enabled: false } },
    { method: 'PUT', path: `${SOURCES}/{id}`, id: 'app', body: { ...source, rateLimit: null } },
    { method: 'PUT', path: `${SOURCES}/{id}`, id: 'app-2', body: source },
    { method: 'POST', path: `${SOURCES}/{id}/rotate`, id: 'app', body: { overlapSeconds: 60 } },
    { method: 'DELETE', path: `${SOURCES}/{id}`, id: 'app' },
    { method: 'POST', path: DESTINATIONS, body: { ...webhook, id: 'hook' } },
    { method: 'GET', path: `${DESTINATIONS}/{id}`, id: 'hook' },
    { method: 'PATCH', path: `${DESTINATIONS}/{id}`, id: 'hook', body: { match: { events: ['never'] } } },
    { method: 'PUT', path: `${DESTINATIONS}/{id}`, id: 'hook', body: { ...webhook, maxQueuedBytes: null } },
    { method: 'PUT', path: `${DESTINATIONS}/{id}`, id: 'hook-2', body: webhook },
    { method: 'POST', path: `${DESTINATIONS}/{id}/pause`, id: 'hook' },
    { method: 'POST', path: `${DESTINATIONS}/{id}/resume`, id: 'hook' },
    { method: 'POST', path: `${DESTINATIONS}/{id}/rotate`, id: 'hook', body: { overlapSeconds: 60 } },
    { method: 'GET', path: `${DESTINATIONS}/{id}/stats`, id: 'crm' },
    { method: 'POST', path: `${DESTINATIONS}/{id}/test`, id: 'crm' },
    { method: 'DELETE', path: `${DESTINATIONS}/{id}`, id: 'hook' },
    {
      method: 'POST',
      path: '/admin/v1/preview',
      body: {
        dialect: 'flokit',
        body: { events: [{ event: 'seen', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' }, { event: 'bad' }] },
      },
    },
    { method: 'GET', path: '/admin/v1/events/{id}', id: eventId },
    { method: 'GET', path: '/admin/v1/events/{id}/trace', id: eventId },
    { method: 'POST', path: '/admin/v1/replays', body: { ...replay, dryRun: true } },
    { method: 'POST', path: '/admin/v1/replays', body: replay, answers: 'the replay' },
    { method: 'GET', path: '/admin/v1/replays/{id}', id: 'the replay' },
    { method: 'POST', path: '/admin/v1/replays/{id}/cancel', id: 'the replay' },
    { method: 'DELETE', path: '/admin/v1/dead-letters/{id}', id: deadLetterId },
    {
      method: 'POST',
      path: '/admin/v1/dead-letter-groups/discard',
      body: { destinationId: 'crm', code: 'none_has_this' },
    },
    { method: 'POST', path: '/admin/v1/erasures', body: { userId: 'nobody' }, answers: 'the erasure' },
    { method: 'GET', path: '/admin/v1/erasures/{id}', id: 'the erasure' },
    { method: 'PUT', path: '/admin/v1/config', query: '?dryRun=true', body: { sources: [], destinations: [] } },
    { method: 'POST', path: '/admin/v1/tokens', body: { id: 'ci', name: 'CI', role: 'viewer' } },
    { method: 'GET', path: '/admin/v1/tokens/{id}', id: 'ci' },
    { method: 'DELETE', path: '/admin/v1/tokens/{id}', id: 'ci' },
  ];
}
