import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import type { LostField } from '#destinations';

/** Why a field does not reach the vendor; undefined if it does. `field` is a dotted path in the canonical event. */
export type LossReason = (field: string, value: Json) => string | undefined;

const GROUPS = ['identity', 'value', 'profile', 'context', 'extras'] as const;

/**
 * The fields of an event that do not reach a vendor, each with the reason. Asked are what the sender said of the event:
 * ids, time, properties, and every member of the groups. Not the gateway's own `id`, `received_at` and `source`.
 */
export function lostFields(event: CanonicalEvent, reasonOf: LossReason): readonly LostField[] {
  const lost: LostField[] = [];
  const ask = (field: string, value: Json | undefined): void => {
    if (value === undefined || value === null || isEmpty(value)) return;
    const reason = reasonOf(field, value);
    if (reason !== undefined) lost.push({ field, reason });
  };
  ask('user_id', event.user_id);
  ask('anonymous_id', event.anonymous_id);
  ask('timestamp', event.timestamp);
  ask('properties', event.properties);
  for (const group of GROUPS) {
    const members: JsonObject | undefined = event[group];
    for (const [name, value] of Object.entries(members ?? {})) ask(`${group}.${name}`, value);
  }
  return lost;
}

function isEmpty(value: Json): boolean {
  return (Array.isArray(value) && value.length === 0) || (isJsonObject(value) && Object.keys(value).length === 0);
}

/** For fields of `extras`, which only the dialect they came in knows how to say; undefined for all others. */
export function foreignExtra(field: string, { source }: CanonicalEvent, dialect: string): string | undefined {
  if (!field.startsWith('extras.') || source.dialect === dialect) return undefined;
  return `only ${source.dialect} has a place for it`;
}
