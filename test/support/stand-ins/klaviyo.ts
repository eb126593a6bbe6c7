import { randomUUID } from 'node:crypto';
import { at, isObject, isText } from './checks.js';
import {
  bulkItems,
  checkEvent,
  checkItem,
  checkProfile,
  checkUniqueIds,
  dedupKeyOf,
  eventsOf,
  itemPointer,
  personOf,
  type NamedEvent,
  type Violation,
} from './klaviyo-rules.js';
import { RateGate, type Pass } from './rate-gate.js';
import {
  StandIn,
  type TakenEvent,
  type Vendor,
  type VendorReply,
  type VendorRequest,
  type Verdict,
} from './stand-in.js';

export interface KlaviyoSettings {
  readonly privateKey: string;
  /** 1: the documented limits, 10 bulk requests a second and 150 a minute. */
  readonly timeScale?: number;
  /** Identifiers of persons whom it knows by another one already. */
  readonly knownAs?: Readonly<Record<string, string>>;
}

const MAX_BYTES = 5 * 1024 * 1024;
const MEDIA_TYPES = /^application\/(?:vnd\.api\+)?json\b/;
const LIMITS = {
  bulk: [
    { requests: 10, perSeconds: 1 },
    { requests: 150, perSeconds: 60 },
  ],
  single: [
    { requests: 350, perSeconds: 1 },
    { requests: 3_500, perSeconds: 60 },
  ],
};
const POST_PATHS: Readonly<Record<string, 'bulk' | 'single'>> = {
  '/api/event-bulk-create-jobs': 'bulk',
  '/api/event-bulk-create-jobs/': 'bulk',
  '/api/events': 'single',
  '/api/events/': 'single',
};

export function startKlaviyo(settings: KlaviyoSettings): Promise<StandIn> {
  return StandIn.start(new Klaviyo(settings));
}

/** Refuses a request as a whole for one invalid event, and drops what it has had before. */
class Klaviyo implements Vendor {
  private readonly rate: RateGate;
  private readonly known = new Set<string>();

  constructor(private readonly settings: KlaviyoSettings) {
    this.rate = new RateGate(LIMITS, settings.timeScale ?? 1);
  }

  respond(request: VendorRequest): Verdict {
    const { path, method, headers } = request;
    if (headers.authorization === undefined) {
      return fault(401, 'not_authenticated', 'Authentication credentials were not provided.', '/data/');
    }
    if (headers.authorization !== `Klaviyo-API-Key ${this.settings.privateKey}`) {
      return fault(401, 'authentication_failed', 'Incorrect authentication credentials.', '/data/');
    }
    if (path === '/api/accounts' && method === 'GET')
      return { reply: { status: 200, body: { data: [{ type: 'account', id: 'AcC0nT' }] } } };
    const kind = Object.hasOwn(POST_PATHS, path) ? POST_PATHS[path] : undefined;
    if (!kind) return fault(404, 'not_found', `No route ${path}`, '/data');
    if (method !== 'POST') return fault(405, 'method_not_allowed', 'Use POST', '/data');
    const pass = this.rate.take(kind);
    if (pass.kind === 'limited') return throttled(pass.retryAfterSeconds);
    return withRateHeaders(this.ingest(request, kind), pass);
  }

  private ingest({ headers, bytes, json }: VendorRequest, kind: 'bulk' | 'single'): Verdict {
    if (bytes > MAX_BYTES) return fault(413, 'payload_too_large', 'The request is over 5 MB.', '/data');
    if (!MEDIA_TYPES.test(headers['content-type'] ?? ''))
      return fault(415, 'unsupported_media_type', 'JSON is required.', '/data');
    if (!/^\d{4}-\d{2}-\d{2}(?:\.[a-z]+)?$/.test(String(headers.revision))) {
      return fault(400, 'invalid', 'A valid revision header is required.', '/data');
    }
    if (json === undefined) return fault(400, 'parse_error', 'Malformed request.', '/data');
    return kind === 'bulk' ? this.bulk(json) : this.single(json);
  }

  private bulk(body: unknown): Verdict {
    const frame = bulkItems(body);
    if ('violation' in frame) return refused([frame.violation]);
    const violations = frame.items.flatMap((item, index) => checkItem(item, itemPointer(index)));
    if (violations.length > 0) return refused(violations);
    const events = frame.items.flatMap((item, index) =>
      eventsOf(item).map((event, j) => this.named(event, item, itemPointer(index), j)),
    );
    const repeats = checkUniqueIds(events);
    return repeats.length > 0 ? refused(repeats) : this.keep(events);
  }

  private single(body: unknown): Verdict {
    const event = at(body, 'data');
    const profile = at(event, 'attributes', 'profile', 'data');
    const violations = [...checkEvent(event, '/data'), ...checkProfile(profile, '/data/attributes/profile/data')];
    if (violations.length > 0 || !isObject(event) || !isObject(profile)) return refused(violations);
    return this.keep([{ event, profile, person: this.person(profile), pointer: '/data' }]);
  }

  private keep(events: readonly NamedEvent[]): Verdict {
    const fresh = events.filter(({ event, person }) => {
      const key = dedupKeyOf(event, person);
      const isNew = !this.known.has(key);
      this.known.add(key);
      return isNew;
    });
    return { reply: { status: 202 }, taken: fresh.map(taken), repeated: events.length - fresh.length };
  }

  private named(event: unknown, item: unknown, pointer: string, index: number): NamedEvent {
    const profile = at(item, 'attributes', 'profile', 'data');
    return {
      event: isObject(event) ? event : {},
      profile: isObject(profile) ? profile : {},
      person: this.person(profile),
      pointer: `${pointer}/attributes/events/data/${index}`,
    };
  }

  private person(profile: unknown): string {
    const identifier = personOf(profile) ?? '';
    return this.settings.knownAs?.[identifier] ?? identifier;
  }
}

function taken({ event, profile, person }: NamedEvent): TakenEvent {
  const uniqueId = at(event, 'attributes', 'unique_id');
  const properties = at(event, 'attributes', 'properties');
  return {
    name: String(at(event, 'attributes', 'metric', 'data', 'attributes', 'name')),
    person,
    dedupKey: isText(uniqueId) ? uniqueId : null,
    properties: isObject(properties) ? properties : {},
    wire: { event, profile },
  };
}

function withRateHeaders(verdict: Verdict, pass: Extract<Pass, { kind: 'allowed' }>): Verdict {
  const { limit, remaining, resetSeconds } = pass;
  const rate = {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
  };
  return { ...verdict, reply: { ...verdict.reply, headers: { ...verdict.reply.headers, ...rate } } };
}

/** Tells the wait and, unlike every other answer, nothing of the limits. */
function throttled(retryAfterSeconds: number): Verdict {
  const detail = `Request was throttled. Expected available in ${Math.ceil(retryAfterSeconds)} second(s).`;
  const { reply } = fault(429, 'throttled', detail, '/data', 'Request was throttled.');
  return { reply: { ...reply, headers: { ...reply.headers, 'retry-after': String(retryAfterSeconds) } } };
}

function refused(violations: readonly Violation[]): Verdict {
  const errors = violations
    .slice(0, 100)
    .map(({ detail, pointer }) => errorObject(400, 'invalid', 'Invalid input.', detail, pointer));
  return { reply: errorReply(400, errors) };
}

function fault(status: number, code: string, detail: string, pointer: string, title = detail): Verdict {
  return { reply: errorReply(status, [errorObject(status, code, title, detail, pointer)]) };
}

function errorReply(status: number, errors: readonly object[]): VendorReply {
  return { status, headers: { 'content-type': 'application/vnd.api+json' }, body: { errors } };
}

function errorObject(status: number, code: string, title: string, detail: string, pointer: string): object {
  return { id: randomUUID(), status, code, title, detail, source: { pointer }, links: {}, meta: {} };
}
