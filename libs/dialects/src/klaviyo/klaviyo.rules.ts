import { isJsonObject, type Json } from '#canonical';
import { deeperThan, MAX_DEPTH } from '../json/depth.js';
import {
  emailProperty,
  hasMistypedIdentifier,
  isEmail,
  naturalKey,
  strongestIdentifier,
} from './klaviyo.identifiers.js';
import {
  attributesOf,
  eventPointer,
  eventsOf,
  itemPointer,
  itemsOf,
  metaOf,
  metaPointer,
  nameOf,
  profileOf,
  type Layout,
} from './klaviyo.layout.js';
import { MAX_IDENTIFIER_CHARS } from './klaviyo.schema.js';
import { breaches, deepestPointer, timeFault, withinLimits, type Breach } from './klaviyo.limits.js';

/** How a `unique_id` that a request repeats for one profile and metric is taken. */
export type RepeatRule = 'refuse' | 'first_wins';

export interface RuleContext {
  readonly layout: Layout;
  /** From `latestTime`. */
  readonly latest: string;
  readonly repeats: RepeatRule;
  /** Breaches beyond this number are not looked for. */
  readonly maxBreaches: number;
}

export interface Findings {
  readonly breaches: readonly Breach[];
  /** By event position; undefined if no event has a `unique_id`. */
  readonly naturalKeys?: readonly (string | null)[];
}

/** More than any identifier that is taken, with its name: a character may be two units long. */
const MAX_KEY_CHARS = 2 * MAX_IDENTIFIER_CHARS + 20;

const NO_IDENTIFIER =
  "One of 'id', 'email', 'phone_number', 'external_id', 'anonymous_id' or '_kx' is required to identify a profile.";

/** What a walk over the events has found so far. */
class Collector {
  readonly breaches: Breach[] = [];
  private readonly keys: (string | null)[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly context: RuleContext) {}

  get full(): boolean {
    return this.breaches.length >= this.context.maxBreaches;
  }

  get room(): number {
    return this.context.maxBreaches - this.breaches.length;
  }

  get naturalKeys(): readonly (string | null)[] | undefined {
    return this.seen.size > 0 ? this.keys : undefined;
  }

  add(pointer: string, detail: string): void {
    if (!this.full) this.breaches.push({ pointer, detail });
  }

  addKey(key: string | null, attributes: string): void {
    this.keys.push(key);
    if (key === null) return;
    if (this.context.repeats === 'refuse' && this.seen.has(key)) {
      this.add(`${attributes}/unique_id`, "'unique_id' is repeated for the same profile and metric in this request.");
    }
    this.seen.add(key);
  }
}

/**
 * The rules that a schema cannot say: identity, times, limits inside `properties`, repeated ids, depth. Takes any JSON,
 * so that a body the schema refused gets all of its complaints at once.
 */
export function applyRules(body: unknown, context: RuleContext): Findings {
  const collector = new Collector(context);
  if (deeperThan(body, MAX_DEPTH)) {
    const pointer = deepestPointer(body, (value, level) => deeperThan(value, MAX_DEPTH - level + 1));
    collector.add(pointer, `JSON must not be nested deeper than ${MAX_DEPTH} levels.`);
  }
  const items = itemsOf(body, context.layout);
  for (let index = 0; index < items.length && !collector.full; index++) {
    const item = items[index];
    if (item !== undefined) applyToItem(item, itemPointer(context.layout, index), context, collector);
  }
  const { breaches, naturalKeys } = collector;
  return naturalKeys ? { breaches, naturalKeys } : { breaches };
}

function applyToItem(item: Json, pointer: string, context: RuleContext, collector: Collector): void {
  const profile = profileOf(item);
  const identifier = identify(profile, `${pointer}/attributes/profile/data/attributes`, collector);
  if (!unsetsNames(metaOf(profile, context.layout))) {
    const unset = `${pointer}/attributes/profile/data${metaPointer(context.layout)}/patch_properties/unset`;
    collector.add(unset, "'unset' must be a property name or a list of names.");
  }
  const events = eventsOf(item, context.layout);
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    const attributes = attributesOf(event);
    const place = `${eventPointer(context.layout, pointer, index)}/attributes`;
    if (isJsonObject(attributes)) {
      const { time, properties, unique_id: uniqueId } = attributes;
      const fault = typeof time === 'string' ? timeFault(time, context.latest) : undefined;
      if (fault !== undefined) collector.add(`${place}/time`, fault);
      if (isJsonObject(properties) && !withinLimits(properties)) {
        const found = breaches(properties, `${place}/properties`, collector.room);
        for (const breach of found) collector.add(breach.pointer, breach.detail);
      }
      collector.addKey(keyOf(identifier, event, uniqueId), place);
    } else {
      collector.addKey(null, place);
    }
  }
}

function keyOf(identifier: string | undefined, event: unknown, uniqueId: unknown): string | null {
  if (typeof uniqueId !== 'string' || uniqueId === '' || identifier === undefined) return null;
  const name = nameOf(event);
  // Of one that is too long, which the schema refuses, a thousand copies would be made.
  return typeof name === 'string' ? naturalKey(identifier.slice(0, MAX_KEY_CHARS), name, uniqueId) : null;
}

function unsetsNames(meta: unknown): boolean {
  const patch = isJsonObject(meta) ? meta.patch_properties : undefined;
  const unset = isJsonObject(patch) ? patch.unset : undefined;
  return !Array.isArray(unset) || unset.every((name) => typeof name === 'string');
}

function identify(profile: unknown, pointer: string, collector: Collector): string | undefined {
  // A profile that is missing or no object is the schema's to refuse.
  if (!isJsonObject(profile)) return undefined;
  const identifier = strongestIdentifier(profile);
  if (identifier !== undefined) return identifier;
  const email = emailProperty(profile);
  if (email === undefined) {
    if (!hasMistypedIdentifier(profile)) collector.add(pointer, NO_IDENTIFIER);
    return undefined;
  }
  if (!isEmail(email)) {
    collector.add(`${pointer}/properties/email`, 'Invalid email address');
    return undefined;
  }
  return `email:${email.toLowerCase()}`;
}
