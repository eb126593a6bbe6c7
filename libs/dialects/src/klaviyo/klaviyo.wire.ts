import type { JsonObject } from '#canonical';

/*
 * Klaviyo's shapes exactly as on the network. `null` means absent wherever it is allowed. Every object may carry
 * members that are not listed; the vendor ignores them.
 */

export interface LocationWire extends JsonObject {
  readonly address1?: string | null;
  readonly address2?: string | null;
  readonly city?: string | null;
  readonly country?: string | null;
  readonly region?: string | null;
  readonly zip?: string | null;
  readonly timezone?: string | null;
  readonly ip?: string | null;
  readonly latitude?: string | number | null;
  readonly longitude?: string | number | null;
}

export interface ProfileMetaWire extends JsonObject {
  readonly patch_properties?: {
    readonly append?: JsonObject | null;
    readonly unappend?: JsonObject | null;
    readonly unset?: string | readonly string[] | null;
  } | null;
  /** Only `email` can be appended or removed. */
  readonly patch_identifiers?: { readonly append?: JsonObject | null; readonly unappend?: JsonObject | null } | null;
}

export interface ProfileAttributesWire extends JsonObject {
  readonly email?: string | null;
  readonly phone_number?: string | null;
  readonly external_id?: string | null;
  readonly anonymous_id?: string | null;
  readonly _kx?: string | null;
  readonly first_name?: string | null;
  readonly last_name?: string | null;
  readonly organization?: string | null;
  readonly title?: string | null;
  readonly image?: string | null;
  readonly locale?: string | null;
  readonly location?: LocationWire | null;
  readonly properties?: JsonObject | null;
  /** Where single create has it. */
  readonly meta?: ProfileMetaWire | null;
}

export interface ProfileWire extends JsonObject {
  readonly type: 'profile';
  readonly id?: string | null;
  readonly attributes?: ProfileAttributesWire | null;
  /** Where bulk has it. */
  readonly meta?: ProfileMetaWire | null;
}

export interface MetricWire extends JsonObject {
  readonly type: 'metric';
  readonly attributes: { readonly name: string; readonly service?: string | null };
}

export interface EventAttributesWire extends JsonObject {
  readonly metric: { readonly data: MetricWire };
  readonly properties?: JsonObject | null;
  /** ISO 8601. */
  readonly time?: string | null;
  readonly value?: number | null;
  readonly value_currency?: string | null;
  readonly unique_id?: string | null;
  readonly backfill?: boolean | null;
}

export interface EventWire extends JsonObject {
  readonly type: 'event';
  readonly attributes: EventAttributesWire;
}

/** One profile and its events: an entry of a job, and the whole of a client bulk request. */
export interface BulkItemWire extends JsonObject {
  readonly type: 'event-bulk-create';
  readonly attributes: {
    readonly profile: { readonly data: ProfileWire };
    readonly events: { readonly data: readonly EventWire[] };
    readonly backfill?: boolean | null;
  };
}

/** JSON:API error object. The order of the members is the vendor's. */
export interface ErrorWire {
  /** UUID. */
  readonly id: string;
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** `pointer` is always there: one caller in the wild dereferences it unguarded. */
  readonly source: { readonly pointer: string; readonly parameter?: string };
  readonly links: Readonly<Record<string, never>>;
  readonly meta: Readonly<Record<string, never>>;
}
