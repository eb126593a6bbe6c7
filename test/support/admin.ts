import type { Gateway } from './gateway.js';

export type Fields = Readonly<Record<string, unknown>>;

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Null where there is none. */
  readonly body: unknown;
}

export interface DestinationStats {
  readonly delivered: number;
  readonly waiting: number;
  readonly retrying: number;
  readonly deadLettered: number;
  readonly lastError: { readonly code: string; readonly detail: string } | null;
  readonly breaker: { readonly state: string; readonly code: string | null };
  readonly heldBy: string | null;
}

export interface ShownDeadLetter {
  readonly id: string;
  readonly event: { readonly id: string; readonly event: string };
  readonly reason: { readonly code: string; readonly detail: string };
  readonly attempts: number;
}

export interface Created {
  readonly id: string;
  readonly credentials: Readonly<Record<string, string>>;
}

export interface Admin {
  /** `path` below `/admin/v1`. Any status is an answer. */
  ask(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  /** A FloKit source without a rate limit, unless the fields say otherwise. */
  createSource(fields?: Fields): Promise<Created>;
  /** A webhook that gathers for 20 ms, unless the fields say otherwise. */
  createDestination(fields: Fields): Promise<Created>;
  stats(destinationId: string): Promise<DestinationStats>;
  deadLetters(destinationId: string): Promise<readonly ShownDeadLetter[]>;
}

/** The gateway's admin API as an admin with the token sees it. */
export function admin({ baseUrl, adminToken }: Pick<Gateway, 'baseUrl' | 'adminToken'>): Admin {
  const ask: Admin['ask'] = async (method, path, body) => {
    const response = await fetch(`${baseUrl}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const expectStatus = async (status: number, method: string, path: string, fields?: Fields): Promise<unknown> => {
    const answer = await ask(method, path, fields);
    if (answer.status === status) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  return {
    ask,
    createSource: async (fields = {}) => {
      const source = { name: 'App', dialect: 'flokit', rateLimit: null, ...fields };
      return (await expectStatus(201, 'POST', '/sources', source)) as Created;
    },
    createDestination: async (fields) => {
      const destination = { name: 'Sink', type: 'webhook', batch: { maxWaitMs: 20 }, ...fields };
      return (await expectStatus(201, 'POST', '/destinations', destination)) as Created;
    },
    stats: async (id) => (await expectStatus(200, 'GET', `/destinations/${id}/stats`)) as DestinationStats,
    deadLetters: async (id) => {
      const page = await expectStatus(200, 'GET', `/dead-letters?destinationId=${id}&limit=250`);
      return (page as { readonly data: readonly ShownDeadLetter[] }).data;
    },
  };
}
