import type { JsonObject } from './json.js';

/** Who the event is about, beside the two top-level ids. Further members are allowed. */
export interface Identity extends JsonObject {
  readonly email?: string;
  /** E.164 where the vendor checks it. */
  readonly phone?: string;
  readonly device_id?: string;
  readonly session_id?: string;
  readonly group_id?: string;
  /** A vendor's own profile id (Klaviyo `profile.data.id`). */
  readonly vendor_profile_id?: string;
  /** Klaviyo `_kx`. */
  readonly exchange_id?: string;
}

/** What is known or changed about the person. `set` holds traits, the others patch lists and keys. */
export interface ProfileChange extends JsonObject {
  readonly set?: JsonObject;
  readonly append?: JsonObject;
  readonly unappend?: JsonObject;
  readonly unset?: readonly string[];
}

/** Where the event happened. Further members are allowed. */
export interface EventContext extends JsonObject {
  readonly platform?: string;
  readonly app_id?: string;
  readonly environment?: string;
  /** The vendor's category, e.g. Kixo `event_type`. */
  readonly event_type?: string;
}

/** An amount in major currency units with an ISO 4217 code, as far as the vendor sent either. */
export interface EventValue extends JsonObject {
  readonly amount?: number;
  readonly currency?: string;
}

/**
 * The canonical event: FloKit's names, extended. It is what routing matches, webhooks carry and admin answers show.
 * Absent optional members are left out; `user_id` and `anonymous_id` are null when absent.
 */
export interface CanonicalEvent {
  /** `evt_` and 20 characters of `[0-9a-z]`; the same through every retry and replay. */
  readonly id: string;
  readonly type: 'track' | 'identify';
  /** The event's name; `identify` for identify records. */
  readonly event: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  /** When it happened: ISO 8601 in UTC, at least millisecond precision. */
  readonly timestamp: string;
  /** When the gateway received it: ISO 8601 in UTC, milliseconds. */
  readonly received_at: string;
  /** As the vendor sent them. */
  readonly properties: JsonObject;
  readonly identity?: Identity;
  readonly value?: EventValue;
  readonly profile?: ProfileChange;
  readonly context?: EventContext;
  readonly source: { readonly id: string; readonly dialect: string };
  /** What the vendor sent that has no canonical home. Never credentials. */
  readonly extras?: JsonObject;
}
