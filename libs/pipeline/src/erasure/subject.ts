import { hash } from 'node:crypto';
import { isJsonObject, type CanonicalEvent, type Json, type JsonObject } from '#canonical';
import { commonForm, fieldOf } from '../hashed-value.js';

/** Who is erased. Only a digest is kept: what is to be forgotten must not be remembered as an order to forget it. */
export interface Subject {
  readonly field: 'user_id' | 'anonymous_id' | 'email';
  /** SHA-256 (hex) of the value in its common form. */
  readonly sha256: string;
}

export interface SubjectTest {
  /** Whether the event is about the person: by its own id fields, or for an email by any member that means one. */
  event(event: CanonicalEvent): boolean;
  /** Whether anything that came mentions the person: any member that means the field, at any depth. */
  raw(value: unknown): boolean;
}

export function subjectOf(field: Subject['field'], value: string): Subject {
  return { field, sha256: digest(commonForm(fieldOf(field), value)) };
}

export function subjectTest({ field, sha256 }: Subject): SubjectTest {
  const wanted = fieldOf(field);
  const names = new NameMeanings();
  const is = (value: Json): boolean => digest(commonForm(wanted, value)) === sha256;
  const mentions = (value: Json, means: boolean): boolean => {
    if (Array.isArray(value)) return value.some((item: Json) => mentions(item, means));
    if (isJsonObject(value)) return hasMention(value);
    return means && (typeof value === 'string' || typeof value === 'number') && is(value);
  };
  const hasMention = (object: JsonObject): boolean =>
    Object.entries(object).some(([name, value]) => value !== undefined && mentions(value, names.of(name) === wanted));
  const byEmail = ({ identity, profile, properties, extras, context }: CanonicalEvent): boolean =>
    [identity, profile, properties, extras, context].some((part) => part !== undefined && hasMention(part));
  const byId = (event: CanonicalEvent): boolean => {
    const id = field === 'user_id' ? event.user_id : event.anonymous_id;
    return id !== null && is(id);
  };
  return {
    event: field === 'email' ? byEmail : byId,
    raw: (value) => mentions(value as Json, false),
  };
}

const digest = (text: string): string => hash('sha256', text, 'hex');

/** Names repeat from event to event; hostile ones may not fill the memory. */
class NameMeanings {
  private readonly known = new Map<string, string>();

  of(name: string): string {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.known.size >= 10_000) this.known.clear();
    const field = fieldOf(name);
    this.known.set(name, field);
    return field;
  }
}
