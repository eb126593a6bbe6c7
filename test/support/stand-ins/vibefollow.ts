import { isDateTime, isEmail, isObject, isText, type Members } from './checks.js';
import { RateGate, type Window } from './rate-gate.js';
import {
  StandIn,
  type TakenEvent,
  type Vendor,
  type VendorReply,
  type VendorRequest,
  type Verdict,
} from './stand-in.js';

export interface VibefollowSettings {
  readonly apiKey: string;
  /** Per endpoint; the vendor publishes none. */
  readonly rateLimit?: readonly Window[];
  readonly timeScale?: number;
}

interface Violation {
  readonly field: string;
  readonly message: string;
}

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_PROPERTIES = 100;
const MAX_PROPERTIES_BYTES = 1024 * 1024;

type Check = (record: unknown) => Violation | undefined;

const ENDPOINTS: Readonly<
  Record<string, { readonly shape: 'single' | 'batch' | 'bulk'; readonly list: string; readonly check: Check }>
> = {
  '/api/v1/events': { shape: 'single', list: '', check: checkEvent },
  '/api/v1/events/batch': { shape: 'batch', list: 'events', check: checkEvent },
  '/api/v1/events/bulk': { shape: 'bulk', list: 'events', check: checkEvent },
  '/api/v1/users': { shape: 'single', list: '', check: checkUser },
  '/api/v1/users/bulk': { shape: 'bulk', list: 'users', check: checkUser },
};

export function startVibefollow(settings: VibefollowSettings): Promise<StandIn> {
  return StandIn.start(new Vibefollow(settings));
}

class Vibefollow implements Vendor {
  private readonly rate: RateGate;
  private readonly answered = new Map<string, { readonly text: string; readonly reply: VendorReply }>();
  private readonly known = new Set<string>();

  constructor(private readonly settings: VibefollowSettings) {
    const windows = settings.rateLimit ?? [];
    const buckets = Object.fromEntries(Object.keys(ENDPOINTS).map((path) => [path, windows]));
    this.rate = new RateGate(buckets, settings.timeScale ?? 1);
  }

  respond(request: VendorRequest): Verdict {
    const { method, path, headers, text } = request;
    if (headers.authorization !== `Bearer ${this.settings.apiKey}`)
      return fault(401, 'auth_required', 'A valid API key is required');
    if (!Object.hasOwn(ENDPOINTS, path)) return fault(404, 'not_found', `No route ${path}`);
    if (method !== 'POST') return fault(405, 'method_not_allowed', 'Use POST');
    const pass = this.rate.take(path);
    if (pass.kind === 'limited') {
      return fault(429, 'rate_limited', 'Too many requests', { 'retry-after': String(pass.retryAfterSeconds) });
    }
    const key = headers['idempotency-key'];
    const earlier = typeof key === 'string' ? this.answered.get(key) : undefined;
    if (earlier && earlier.text !== text)
      return fault(422, 'idempotency_key_reuse', 'This key was used with another body');
    if (earlier) return { reply: earlier.reply, repeated: 1 };
    const verdict = this.ingest(request);
    if (typeof key === 'string' && verdict.reply.status < 300) this.answered.set(key, { text, reply: verdict.reply });
    return verdict;
  }

  private ingest({ path, headers, json, bytes }: VendorRequest): Verdict {
    const endpoint = ENDPOINTS[path];
    if (!endpoint || bytes > MAX_BYTES) return fault(413, 'payload_too_large', 'The body is over 5 MB');
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return fault(400, 'bad_request', 'Requests must be JSON');
    if (json === undefined) return fault(400, 'bad_request', 'The body is no JSON');
    const { shape, list, check } = endpoint;
    switch (shape) {
      case 'single':
        return this.single(json, check);
      case 'batch':
        return this.batch(isObject(json) ? json[list] : undefined, check);
      case 'bulk':
        return this.bulk(isObject(json) ? json[list] : undefined, list, check);
    }
  }

  private single(record: unknown, check: Check): Verdict {
    const violation = check(record);
    if (violation) return unprocessable([violation]);
    return accepted([record]);
  }

  private batch(records: unknown, check: Check): Verdict {
    if (!Array.isArray(records)) return unprocessable([{ field: 'events', message: 'required' }]);
    if (records.length === 0 || records.length > 500)
      return unprocessable([{ field: 'events', message: 'must hold 1 to 500 events' }]);
    const violations = records.flatMap((record: unknown, index) => {
      const violation = check(record);
      return violation ? [{ ...violation, field: `events[${index}].${violation.field}` }] : [];
    });
    return violations.length > 0 ? unprocessable(violations.slice(0, 50)) : accepted(records);
  }

  private bulk(records: unknown, list: string, check: Check): Verdict {
    if (!Array.isArray(records) || records.length === 0 || records.length > 1_000) {
      return fault(400, 'validation_failed', `${list} must hold 1 to 1000 records`, {}, list);
    }
    const errors = records.flatMap((record: unknown, index) => {
      const violation = check(record);
      return violation ? [{ index, code: 'validation', message: violation.message, field: violation.field }] : [];
    });
    const good = records.filter((record) => check(record) === undefined).map(taken);
    const fresh = good.filter((event) => list === 'users' || this.isNew(event.dedupKey));
    const data = { accepted: good.length, rejected: errors.length, errors };
    const reply = { status: 200, body: { data, meta: { received: records.length } } };
    return { reply, taken: fresh, repeated: good.length - fresh.length };
  }

  private isNew(dedupKey: string | null): boolean {
    if (dedupKey === null) return true;
    if (this.known.has(dedupKey)) return false;
    this.known.add(dedupKey);
    return true;
  }
}

function checkEvent(record: unknown): Violation | undefined {
  if (!isObject(record)) return { field: 'external_user_id', message: 'required' };
  if (!isText(record.external_user_id)) return { field: 'external_user_id', message: 'required' };
  if (typeof record.name !== 'string') return { field: 'name', message: 'required' };
  if (record.name === '') return { field: 'name', message: 'name must be at least 1 character' };
  if (record.timestamp !== undefined && !isDateTime(record.timestamp))
    return { field: 'timestamp', message: 'Invalid timestamp' };
  const properties = record.properties ?? {};
  if (!isObject(properties)) return { field: 'properties', message: 'Expected object' };
  const tooMany = Object.keys(properties).length > MAX_PROPERTIES;
  if (tooMany || Buffer.byteLength(JSON.stringify(properties)) > MAX_PROPERTIES_BYTES) {
    return { field: 'properties', message: 'at most 100 keys and 1 MB' };
  }
  return undefined;
}

function checkUser(record: unknown): Violation | undefined {
  if (!isObject(record) || !isText(record.external_user_id)) return { field: 'external_user_id', message: 'required' };
  if (record.email !== undefined && !isEmail(record.email)) {
    return { field: 'email', message: 'Invalid email' };
  }
  return record.traits === undefined || isObject(record.traits)
    ? undefined
    : { field: 'traits', message: 'Expected object' };
}

function taken(record: unknown): TakenEvent {
  const wire: Members = isObject(record) ? record : {};
  const { external_user_id: person, name = 'identify', timestamp, properties, traits } = wire;
  return {
    name: String(name),
    person: String(person),
    dedupKey: isText(timestamp) ? JSON.stringify([person, name, new Date(timestamp).toISOString()]) : null,
    properties: isObject(properties) ? properties : isObject(traits) ? traits : {},
    wire,
  };
}

function accepted(records: readonly unknown[]): Verdict {
  return { reply: { status: 202, body: { data: { accepted: true } } }, taken: records.map(taken) };
}

function unprocessable(violations: readonly Violation[]): Verdict {
  const errors = violations.map(({ field, message }) => ({ code: 'validation_failed', message, field }));
  return { reply: { status: 422, body: { errors } } };
}

function fault(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  field?: string,
): Verdict {
  return { reply: { status, headers, body: { errors: [{ code, message, ...(field !== undefined && { field }) }] } } };
}
