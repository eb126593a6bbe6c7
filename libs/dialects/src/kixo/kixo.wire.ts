import type { Json, JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';

export const MAX_EVENTS = 1000;
/** The vendor publishes no figure; ours. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Envelope texts go to every event of the request: an unbounded one would multiply by a thousand. */
export const MAX_ENVELOPE_TEXT_CHARS = 1024;

export const PLATFORMS = ['ios', 'android', 'web'] as const;
/** What an envelope without `environment` means. */
export const DEFAULT_ENVIRONMENT = 'production';
/** Types whose events may have an empty name. */
export const NAMELESS_TYPES: ReadonlySet<string> = new Set(['session_start', 'session_end']);

/** Unknown members are kept. */
export interface KixoEvent extends JsonObject {
  readonly event_type: string;
  readonly event_name: string;
  readonly device_id: string;
  readonly session_id: string;
  /** ISO 8601, by the device's clock. */
  readonly timestamp: string;
  readonly properties?: JsonObject | null;
  /** Undocumented on the wire, like the two below: anything but a text is kept as an unknown member. */
  readonly user_id?: Json;
  readonly group_id?: Json;
  readonly sdk_version?: Json;
}

/** The body without its credentials. Unknown members are kept. */
export interface KixoBatch extends JsonObject {
  readonly bundle_id: string;
  readonly platform: string;
  readonly environment?: string | null;
  readonly batch: readonly KixoEvent[];
  /** ISO 8601, by the device's clock when it sent the request. */
  readonly sent_at?: Json;
}

const text = { type: 'string', minLength: 1 } as const;

export const BATCH_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['project_id', 'api_key', 'bundle_id', 'platform', 'batch'],
  properties: {
    project_id: { ...text, examples: ['kx_proj_abc123'] },
    api_key: { ...text, description: 'Belongs to the project; never stored.', examples: ['kx_key_xyz789'] },
    bundle_id: { ...text, maxLength: MAX_ENVELOPE_TEXT_CHARS, description: 'The app, e.g. com.example.app.' },
    platform: { enum: [...PLATFORMS] },
    environment: {
      type: ['string', 'null'],
      maxLength: MAX_ENVELOPE_TEXT_CHARS,
      description: 'production, staging, development or any other text.',
      default: DEFAULT_ENVIRONMENT,
    },
    sent_at: { description: 'ISO 8601 by the clock of the device; corrects the timestamps.' },
    batch: {
      type: 'array',
      maxItems: MAX_EVENTS,
      items: {
        type: 'object',
        required: ['event_type', 'event_name', 'device_id', 'session_id', 'timestamp'],
        properties: {
          event_type: { ...text, description: 'Category, e.g. screen_view or custom; the list is open.' },
          event_name: { type: 'string', description: 'Empty for session_start and session_end only.' },
          device_id: text,
          session_id: text,
          timestamp: { type: 'string', description: 'ISO 8601, when the event occurred.' },
          properties: { type: ['object', 'null'] },
          user_id: {},
          group_id: {},
          sdk_version: {},
        },
      },
    },
  },
};
