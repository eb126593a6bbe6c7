import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Readable } from 'node:stream';
import { AddressPolicy } from './address-policy.js';
import { classifyFailure, type FailureCode } from './failure.js';
import { createGuardedAgents, type GuardedAgents } from './guarded-agents.js';
import { NameResolver } from './name-resolver.js';
import { readBody } from './response-body.js';

export interface SendRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** From the call to the last byte of the answer, waiting for a socket included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type SendResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Lower-case names; repeated headers are joined with `, `. */
      readonly headers: Readonly<Record<string, string>>;
      /** Decompressed UTF-8, at most `MAX_RESPONSE_BYTES`. */
      readonly body: string;
      /** The body was longer: its end is missing. */
      readonly cut?: boolean;
      readonly tookMs: number;
    }
  | { readonly kind: 'failure'; readonly code: FailureCode; readonly detail: string; readonly tookMs: number };

type Outcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
      readonly cut?: boolean;
    }
  | { readonly kind: 'failure'; readonly code: FailureCode; readonly detail: string };

/**
 * What is kept of an answer; the rest is discarded and the answer still counts. Enough for one that gives a reason for
 * each of a thousand events.
 */
export const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;

const asIs = [(data: unknown) => data];

/** The one place that sends HTTP to others. Sends exactly once: whether to repeat is for the caller to decide. */
@Injectable()
export class OutgoingHttp implements OnApplicationShutdown {
  private readonly agents: GuardedAgents;
  private readonly client: AxiosInstance;

  constructor(private readonly policy: AddressPolicy) {
    this.agents = createGuardedAgents(policy, new NameResolver());
    this.client = axios.create({
      httpAgent: this.agents.http,
      httpsAgent: this.agents.https,
      proxy: false,
      maxRedirects: 0,
      // Every status is an answer; meaning is for the connector.
      validateStatus: () => true,
      responseType: 'stream',
      decompress: false,
      // The default transforms would parse a JSON body just to trim it.
      transformRequest: asIs,
      transformResponse: asIs,
      headers: { common: { Accept: '*/*', 'Accept-Encoding': 'identity', 'User-Agent': 'event-gateway' } },
    });
  }

  /** Never rejects: whatever the network does is in the result. */
  async send(request: SendRequest): Promise<SendResult> {
    const startedAt = performance.now();
    const outcome = await this.exchange(request);
    return { ...outcome, tookMs: Math.round(performance.now() - startedAt) };
  }

  /** Closes every connection, busy ones included. */
  onApplicationShutdown(): void {
    this.agents.destroy();
  }

  private async exchange(request: SendRequest): Promise<Outcome> {
    const refused = this.policy.checkUrl(request.url);
    if (refused !== undefined) return { kind: 'failure', code: 'address_not_allowed', detail: refused };
    const deadline = new Deadline(request.timeoutMs, request.signal);
    try {
      return await this.answer(request, deadline.signal);
    } catch (error) {
      return deadline.expired ?? { kind: 'failure', ...classifyFailure(error) };
    } finally {
      deadline.clear();
    }
  }

  private async answer(request: SendRequest, signal: AbortSignal): Promise<Outcome> {
    const { method, url, headers, body } = request;
    const data = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    const response = await this.client.request<Readable>({ method, url, headers: { ...headers }, data, signal });
    const received = flatten(response.headers);
    const { text, cut } = await readBody(response.data, received['content-encoding'] ?? '', MAX_RESPONSE_BYTES);
    return { kind: 'response', status: response.status, headers: received, body: text, ...(cut && { cut }) };
  }
}

/** Ends an exchange when its time is over or its caller gives up, and remembers which of the two it was. */
class Deadline {
  /** Set once the exchange was ended from here. */
  expired: Outcome | undefined;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(
    timeoutMs: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    this.timer = setTimeout(() => this.end('timeout', `no complete answer within ${timeoutMs} ms`), timeoutMs);
    caller?.addEventListener('abort', this.onCallerAbort, { once: true });
    if (caller?.aborted === true) this.onCallerAbort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  clear(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.onCallerAbort);
  }

  private readonly onCallerAbort = (): void => this.end('aborted', 'given up by the sender');

  private end(code: FailureCode, detail: string): void {
    this.expired ??= { kind: 'failure', code, detail };
    this.controller.abort();
  }
}

function flatten(headers: AxiosResponse['headers']): Record<string, string> {
  const entries = Object.entries({ ...headers }).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
  return Object.fromEntries(entries);
}
