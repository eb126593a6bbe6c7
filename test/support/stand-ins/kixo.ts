import { isDateTime, isObject, isText, type Members } from './checks.js';
import { RateGate } from './rate-gate.js';
import { StandIn, type TakenEvent, type Vendor, type VendorRequest, type Verdict } from './stand-in.js';

export interface KixoSettings {
  readonly projectId: string;
  readonly apiKey: string;
  /** 1: the documented limits. */
  readonly timeScale?: number;
}

const MAX_EVENTS = 1_000;
const MAX_BYTES = 10 * 1024 * 1024;
const PLATFORMS = ['ios', 'android', 'web'];
/** The only types whose name may be empty. */
const NAMELESS = ['session_start', 'session_end'];

export function startKixo(settings: KixoSettings): Promise<StandIn> {
  return StandIn.start(new Kixo(settings));
}

/** Answers a bare count and keeps no memory of what it took: a repeat is simply taken again. */
class Kixo implements Vendor {
  private readonly rate: RateGate;

  constructor(private readonly settings: KixoSettings) {
    this.rate = new RateGate({ batch: [{ requests: 100, perSeconds: 1 }] }, settings.timeScale ?? 1);
  }

  respond({ method, path, headers, json, bytes }: VendorRequest): Verdict {
    if (path !== '/v1/batch') return fault(404, 'not_found', `No route ${path}`);
    if (method !== 'POST') return fault(405, 'method_not_allowed', 'Use POST');
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return invalid('Content-Type must be application/json');
    if (!isObject(json)) return fault(400, 'invalid_json', 'Request body must be a JSON object');
    if (json.project_id !== this.settings.projectId || json.api_key !== this.settings.apiKey) {
      return fault(401, 'unauthorized', 'Unknown project_id or api_key');
    }
    const pass = this.rate.take('batch');
    if (pass.kind === 'limited') {
      return fault(429, 'rate_limit_exceeded', 'Too Many Requests', { 'retry-after': String(pass.retryAfterSeconds) });
    }
    return this.ingest(json, bytes);
  }

  private ingest(envelope: Members, bytes: number): Verdict {
    if (!isText(envelope.bundle_id)) return invalid('bundle_id is required');
    if (!PLATFORMS.includes(String(envelope.platform))) return invalid('platform must be ios, android or web');
    if (envelope.environment !== undefined && !isText(envelope.environment))
      return invalid('environment must be a string');
    if (!Array.isArray(envelope.batch)) return invalid('batch must be an array');
    if (bytes > MAX_BYTES) return fault(413, 'payload_too_large', 'Request body is too large');
    // The vendor answers too many events as it answers too many requests, but no wait would help.
    if (envelope.batch.length > MAX_EVENTS) return fault(429, 'rate_limit_exceeded', 'More than 1000 events');
    const kept = envelope.batch.filter(isTakeable).map((item) => taken(item));
    return { reply: { status: 200, body: { status: 'ok', accepted: kept.length } }, taken: kept };
  }
}

function isTakeable(item: unknown): item is Members {
  if (!isObject(item)) return false;
  const named = isText(item.event_name) || (item.event_name === '' && NAMELESS.includes(String(item.event_type)));
  const identified = isText(item.device_id) && isText(item.session_id);
  const propertied = item.properties === undefined || isObject(item.properties);
  return isText(item.event_type) && named && identified && isDateTime(item.timestamp) && propertied;
}

function taken(item: Members): TakenEvent {
  return {
    name: String(item.event_name),
    person: String(item.user_id ?? item.device_id),
    dedupKey: null,
    properties: isObject(item.properties) ? item.properties : {},
    wire: item,
  };
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
  return { reply: { status, headers, body: { status: 'error', error, message } } };
}
