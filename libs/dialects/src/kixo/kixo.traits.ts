import type { CanonicalEvent, Identity, JsonObject } from '#canonical';
import type { KixoEvent } from './kixo.wire.js';

/** The vendor's reserved profile keys that have a place in the canonical identity. */
export interface Contact extends JsonObject {
  readonly email?: string;
  readonly phone?: string;
}

/** The properties of an identify event: its traits, and what of them says how to reach the person. */
export interface SplitTraits extends JsonObject {
  readonly traits: JsonObject;
  readonly contact: Contact;
}

/** By type alone. An event's id is made from this, so it must not change. */
export function splitTraits(properties: JsonObject): SplitTraits {
  const { $email, $phone, ...others } = properties;
  const contact = {
    ...(typeof $email === 'string' && { email: $email }),
    ...(typeof $phone === 'string' && { phone: $phone }),
  };
  const traits = {
    ...others,
    ...($email !== undefined && typeof $email !== 'string' && { $email }),
    ...($phone !== undefined && typeof $phone !== 'string' && { $phone }),
  };
  return { traits, contact };
}

/** As the event carries them: an address or a number that is blank reaches nobody, and stays a trait. */
export function withoutBlanks({ traits, contact }: SplitTraits): SplitTraits {
  const { email, phone } = contact;
  if (!isBlank(email) && !isBlank(phone)) return { traits, contact };
  return {
    traits: { ...traits, ...(isBlank(email) && { $email: email }), ...(isBlank(phone) && { $phone: phone }) },
    contact: {
      ...(email !== undefined && !isBlank(email) && { email }),
      ...(phone !== undefined && !isBlank(phone) && { phone }),
    },
  };
}

const isBlank = (text: string | undefined): boolean => text?.trim() === '';

/** The inverse of both; undefined if there is nothing to tell. */
export function joinTraits({ profile, identity }: CanonicalEvent): JsonObject | undefined {
  const { email, phone } = identity ?? {};
  if (!profile?.set && email === undefined && phone === undefined) return undefined;
  return {
    ...profile?.set,
    ...(email !== undefined && { $email: email }),
    ...(phone !== undefined && { $phone: phone }),
  };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function identityOf({ device_id, session_id, group_id }: KixoEvent, contact: Contact | undefined): Identity {
  const group = textOf(group_id);
  return { ...contact, device_id, session_id, ...(group !== undefined && { group_id: group }) };
}
