import type { PointedFault } from './types';

/** Why the gateway refused: a problem by RFC 9457, or `unreachable` where no answer came. */
export class Problem extends Error {
  constructor(
    /** 0: no answer. */
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: readonly PointedFault[] = [],
    /** `events_waiting`: how many. */
    readonly waiting?: number,
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'unreachable', 'The gateway does not answer.');
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A thing with the tag of the state in which it was read (RFC 9110, `ETag`). */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string;
}

interface AskSettings {
  readonly signal?: AbortSignal | undefined;
  /** Only if the thing still has this tag; otherwise `changed_meanwhile`. */
  readonly ifMatch?: string | undefined;
}

/** The admin API with one token. It is sent as a header, never in an address. */
export class Client {
  constructor(
    readonly token: string,
    private readonly onRefused: () => void,
  ) {}

  /** `path` below `/admin/v1`. Rejects with a Problem. */
  async ask<T>(method: Method, path: string, body?: unknown, settings: AskSettings = {}): Promise<T> {
    const response = await this.send(method, path, body, settings);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.ask<T>('GET', path, undefined, { signal });
  }

  /** To be changed later, and only if it has not changed until then. */
  async open<T>(path: string, signal: AbortSignal): Promise<Tagged<T>> {
    const response = await this.send('GET', path, undefined, { signal });
    return { value: (await response.json()) as T, etag: response.headers.get('etag') ?? '*' };
  }

  /** The answer while it still comes. */
  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.send('GET', path, undefined, { signal });
    if (!body) throw new Problem(0, 'unreachable', 'The answer has no body.');
    return body;
  }

  private async send(method: Method, path: string, body: unknown, { signal, ifMatch }: AskSettings): Promise<Response> {
    const response = await fetch(`/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      credentials: 'omit',
      cache: 'no-store',
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new Problem(0, 'unreachable', 'The gateway does not answer.');
    });
    if (response.ok) return response;
    if (response.status === 401) this.onRefused();
    throw await problemOf(response);
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const { code, detail, errors, waiting } = JSON.parse(text) as Partial<Problem> & { readonly detail?: string };
    return new Problem(response.status, code ?? 'error', detail ?? response.statusText, errors ?? [], waiting);
  } catch {
    return new Problem(response.status, 'error', `The gateway answered ${response.status}.`);
  }
}
