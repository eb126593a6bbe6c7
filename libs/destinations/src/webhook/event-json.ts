import type { CanonicalEvent } from '#canonical';

/**
 * An event is written out once, however many webhooks it goes to: fan-out would otherwise cost a serialization each.
 * The texts live as long as the decoded events, which the segment cache bounds.
 */
const texts = new WeakMap<CanonicalEvent, string>();

export function eventsJson(events: readonly CanonicalEvent[]): string {
  return `{"events":[${events.map(eventJson).join(',')}]}`;
}

function eventJson(event: CanonicalEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
}
