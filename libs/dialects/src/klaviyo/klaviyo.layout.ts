import { isJsonObject, type Json } from '#canonical';

/** Which of the three request bodies a route takes. */
export type Layout = 'job' | 'bulk' | 'single';

const JOB_ITEMS = '/data/attributes/events-bulk-create/data';
const ITEM_EVENTS = '/attributes/events/data';

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

/** The items of a body, each holding a profile and its events. None where the body has another shape. */
export function itemsOf(body: unknown, layout: Layout): readonly Json[] {
  if (layout === 'job') return listOf(member(member(attributesOf(member(body, 'data')), 'events-bulk-create'), 'data'));
  const data = member(body, 'data');
  return data === undefined || data === null ? [] : [data as Json];
}

/** The events of an item. Of a single create the item itself is the event. */
export function eventsOf(item: Json, layout: Layout): readonly Json[] {
  return layout === 'single' ? [item] : listOf(member(member(attributesOf(item), 'events'), 'data'));
}

export function profileOf(item: Json): unknown {
  return member(member(attributesOf(item), 'profile'), 'data');
}

/** What changes a profile beside its attributes: beside them in bulk, inside them in single create. */
export function metaOf(profile: unknown, layout: Layout): unknown {
  return member(layout === 'single' ? attributesOf(profile) : profile, 'meta');
}

/** The way from a profile to what `metaOf` finds. */
export function metaPointer(layout: Layout): string {
  return layout === 'single' ? '/attributes/meta' : '/meta';
}

export function attributesOf(resource: unknown): unknown {
  return member(resource, 'attributes');
}

export function nameOf(event: unknown): unknown {
  return member(attributesOf(member(member(attributesOf(event), 'metric'), 'data')), 'name');
}

export function itemPointer(layout: Layout, item: number): string {
  return layout === 'job' ? `${JOB_ITEMS}/${item}` : '/data';
}

export function eventPointer(layout: Layout, ofItem: string, event: number): string {
  return layout === 'single' ? ofItem : `${ofItem}${ITEM_EVENTS}/${event}`;
}

/** Where a complaint about the list of events as a whole points to. */
export function eventListPointer(layout: Layout): string {
  return layout === 'job' ? JOB_ITEMS : `/data${ITEM_EVENTS}`;
}

/** Events per item, by item. */
export function eventCounts(body: unknown, layout: Layout): readonly number[] {
  return itemsOf(body, layout).map((item) => eventsOf(item, layout).length);
}

const IN_ITEM = /^\/data\/attributes\/events-bulk-create\/data\/(\d+)/;
const IN_EVENT = /^\/data(?:\/attributes\/events-bulk-create\/data\/\d+)?\/attributes\/events\/data\/(\d+)/;

/** The position among all events of the request that a pointer is about: of an item or the whole, the first one's. */
export function positionOf(pointer: string, layout: Layout, counts: readonly number[]): number {
  if (layout === 'single') return 0;
  const item = layout === 'job' ? Number(IN_ITEM.exec(pointer)?.[1] ?? 0) : 0;
  const event = Number(IN_EVENT.exec(pointer)?.[1] ?? 0);
  let before = 0;
  for (let index = 0; index < item; index++) before += counts[index] ?? 0;
  return before + event;
}

/** The event at a position with the profile it belongs to, as they came. */
export function itemAt(body: unknown, layout: Layout, position: number): unknown {
  if (layout === 'single') return member(body, 'data');
  let before = 0;
  for (const item of itemsOf(body, layout)) {
    const events = eventsOf(item, layout);
    if (position < before + events.length || events.length === 0) {
      const one = { data: events.slice(position - before, position - before + 1) };
      return { type: 'event-bulk-create', attributes: { profile: member(attributesOf(item), 'profile'), events: one } };
    }
    before += events.length;
  }
  return undefined;
}
