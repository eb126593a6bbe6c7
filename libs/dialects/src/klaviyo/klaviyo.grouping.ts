import type { CanonicalEvent } from '#canonical';
import type { Place } from './klaviyo.mapping.js';

/** What connectors send: the job of the private API. */
export const JOB: Place = { layout: 'job', browser: false };

export interface Positioned {
  readonly event: CanonicalEvent;
  /** Among the events of the request as they were given. */
  readonly position: number;
}

/** Events of one person side by side, in the order in which they and their persons came: so each is one item. */
export function groupedByPerson(events: readonly CanonicalEvent[]): readonly Positioned[] {
  const groups = new Map<string, Positioned[]>();
  events.forEach((event, position) => {
    const person = personOf(event);
    const group = groups.get(person);
    if (group) group.push({ event, position });
    else groups.set(person, [{ event, position }]);
  });
  return [...groups.values()].flat();
}

/** All identifiers of an event: the same text, the same person. */
export function personOf({ user_id, anonymous_id, identity }: CanonicalEvent): string {
  if (!identity) return `${user_id ?? ''}\n${anonymous_id ?? ''}`;
  const { vendor_profile_id, email, phone, exchange_id } = identity;
  const others = `${vendor_profile_id ?? ''}\n${email ?? ''}\n${phone ?? ''}\n${exchange_id ?? ''}`;
  return `${user_id ?? ''}\n${anonymous_id ?? ''}\n${others}`;
}
