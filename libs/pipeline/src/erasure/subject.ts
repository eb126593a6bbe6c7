import { hash } from 'node:crypto';
import { isJsonObject, type CanonicalEvent, type Json } from '#canonical';
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
  const partsOf = ({ value, means }: Part): readonly Part[] => {
    if (Array.isArray(value)) return value.map((item: Json) => ({ value: item, means }));
    if (!isJsonObject(value)) return [];
    return Object.entries(value).map(([name, member = null]) => ({ value: member, means: names.of(name) === wanted }));
  };
  // A refused item may nest deeper than calls can, and be wider than arguments can.
  const mentions = (whole: Json): boolean => {
    const left: Part[] = [{ value: whole, means: false }];
    for (let part = left.pop(); part; part = left.pop()) {
      const { value, means } = part;
      if (means && (typeof value === 'string' || typeof value === 'number') && is(value)) return true;
      for (const inner of partsOf(part)) left.push(inner);
    }
    return false;
  };
  const byEmail = ({ identity, profile, properties, extras, context }: CanonicalEvent): boolean =>
    [identity, profile, properties, extras, context].some((part) => part !== undefined && mentions(part));
  const byId = (event: CanonicalEvent): boolean => {
    const id = field === 'user_id' ? event.user_id : event.anonymous_id;
    return id !== null && is(id);
  };
  return {
    event: field === 'email' ? byEmail : byId,
    raw: (value) => mentions(value as Json),
  };
}

/** What is still to be looked at, and whether its name means the field. */
interface Part {
  readonly value: Json;
  readonly means: boolean;
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
