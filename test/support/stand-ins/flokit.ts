import { at, isDateTime, isObject, isText, type Members } from './checks.js';
import { RateGate } from './rate-gate.js';
import {
  StandIn,
  type TakenEvent,
  type Vendor,
  type VendorReply,
  type VendorRequest,
  type Verdict,
} from './stand-in.js';

export interface FlokitSettings {
  readonly apiKey: string;
  readonly readOnlyApiKey?: string;
  /** 1: the documented limits. */
  readonly timeScale?: number;
}

const MAX_EVENTS = 1_000;
const MAX_BYTES = 10 * 1024 * 1024;

/** What the taxonomy demands inside `properties`. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  install_attributed: ['campaign_id', 'channel'],
  paywall_viewed: ['paywall_id'],
  subscription_started: ['currency'],
};
/** Need a currency as soon as they carry revenue. */
const MONEY = new Set(['renewal_completed', 'refund_issued']);

export function startFlokit(settings: FlokitSettings): Promise<StandIn> {
  return StandIn.start(new Flokit(settings));
}

class Flokit implements Vendor {
  private readonly rate: RateGate;
  private readonly answered = new Map<string, VendorReply>();
  private nextId = 0;

  constructor(private readonly settings: FlokitSettings) {
    this.rate = new RateGate({ batch: [{ requests: 100, perSeconds: 60 }] }, settings.timeScale ?? 1);
  }

  respond(request: VendorRequest): Verdict {
    const { method, path } = request;
    if (path === '/v1/workspace' && method === 'GET') return this.authenticated(request, () => ok({ id: 'ws_1' }));
    if (path !== '/v1/batch/events' && path !== '/v1/events') return fault(404, 'not_found', `No route ${path}`);
    if (method !== 'POST') return fault(405, 'method_not_allowed', `Use POST`);
    return this.authenticated(request, () => this.once(request));
  }

  /** A repeat under the same key gets the first answer, errors included. */
  private once(request: VendorRequest): Verdict {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return this.ingest(request);
    const earlier = this.answered.get(`${request.path} ${key}`);
    if (earlier) return { reply: earlier, repeated: Number(at(earlier.body, 'accepted') ?? 1) };
    const verdict = this.ingest(request);
    if (verdict.reply.status === 200) this.answered.set(`${request.path} ${key}`, verdict.reply);
    return verdict;
  }

  private authenticated(request: VendorRequest, proceed: () => Verdict): Verdict {
    const { authorization } = request.headers;
    if (authorization === `Bearer ${this.settings.apiKey}`) return proceed();
    if (this.settings.readOnlyApiKey === undefined || authorization !== `Bearer ${this.settings.readOnlyApiKey}`) {
      return fault(401, 'unauthorized', 'Invalid or missing API key');
    }
    if (request.method === 'GET') return proceed();
    return fault(403, 'forbidden', 'This operation requires a read-write key');
  }

  private ingest({ path, headers, bytes, json }: VendorRequest): Verdict {
    const pass = path === '/v1/batch/events' ? this.rate.take('batch') : undefined;
    if (pass?.kind === 'limited') {
      return fault(429, 'rate_limit_exceeded', 'Too many requests', { 'retry-after': String(pass.retryAfterSeconds) });
    }
    if (bytes > MAX_BYTES) return fault(413, 'payload_too_large', 'Request body is too large');
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return invalid('Content-Type must be application/json');
    if (!isObject(json)) return invalid('Request body must be valid JSON');
    return path === '/v1/events' ? this.single(json) : this.batch(json.events);
  }

  private single(item: Members): Verdict {
    const reason = faultOf(item);
    if (reason !== undefined) return invalid(reason);
    return { ...ok({ status: 'ok', event_id: this.id() }), taken: [taken(item)] };
  }

  private batch(items: unknown): Verdict {
    if (items === undefined) return invalid('Missing required field: events');
    if (!Array.isArray(items)) return invalid('events must be an array');
    if (items.length === 0) return invalid('events must not be empty');
    if (items.length > MAX_EVENTS) return invalid('Maximum 1000 events per request');
    const judged = items.map((item: unknown, index) => ({ item, index, reason: faultOf(item) }));
    const errors = judged.flatMap(({ item, index, reason }) =>
      reason === undefined ? [] : [{ index, event: isText(at(item, 'event')) ? at(item, 'event') : null, reason }],
    );
    const kept = judged.flatMap(({ item, reason }) => (reason === undefined && isObject(item) ? [taken(item)] : []));
    const event_ids = kept.map(() => this.id());
    return { ...ok({ status: 'ok', accepted: kept.length, rejected: errors.length, event_ids, errors }), taken: kept };
  }

  private id(): string {
    this.nextId += 1;
    return `evt_01h${this.nextId.toString(36).padStart(17, '0')}`;
  }
}

/** First broken rule, in the vendor's words. */
function faultOf(item: unknown): string | undefined {
  if (!isObject(item)) return 'Invalid field: event';
  for (const name of ['event', 'user_id', 'anonymous_id', 'timestamp']) {
    const value = item[name];
    if (value !== undefined && value !== null && typeof value !== 'string') return `Invalid field: ${name}`;
  }
  if (!isText(item.event)) return 'Missing required field: event';
  if (!isText(item.user_id) && !isText(item.anonymous_id)) return 'Missing required field: user_id or anonymous_id';
  if (!isText(item.timestamp)) return 'Missing required field: timestamp';
  if (!isDateTime(item.timestamp)) return 'Invalid field: timestamp';
  const properties = item.properties ?? {};
  if (!isObject(properties)) return 'Invalid field: properties';
  const demanded = [
    ...(REQUIRED[item.event] ?? []),
    ...(MONEY.has(item.event) && 'revenue' in properties ? ['currency'] : []),
  ];
  const missing = demanded.find(
    (name) => properties[name] === undefined || properties[name] === null || properties[name] === '',
  );
  return missing === undefined ? undefined : `Missing required field: ${missing}`;
}

function taken(item: Members): TakenEvent {
  return {
    name: String(item.event),
    person: String(item.user_id ?? item.anonymous_id),
    dedupKey: null,
    properties: isObject(item.properties) ? item.properties : {},
    wire: item,
  };
}

function ok(body: unknown): Verdict {
  return { reply: { status: 200, body } };
}

function invalid(message: string): Verdict {
  return fault(400, 'validation_error', message);
}

function fault(
  status: number,
  error: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Verdict {
  return { reply: { status, headers, body: { error, message } } };
}
