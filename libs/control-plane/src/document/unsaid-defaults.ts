import type { DeliveryDefaults } from '#destinations';
import type { DestinationDraft } from '../destinations.service.js';
import { sameContent } from '../entries.js';
import type { DestinationSettings } from '../model.js';
import type { StoredDestination } from '../store/snapshot.js';
import { resolveSettings } from '../store/snapshot-reader.js';

type Defaulted = Exclude<keyof DestinationSettings, 'name' | 'type' | 'config'>;

/**
 * An exported document spells out the defaults of each type. A member that says what holds anyway is taken as it is
 * stored: applying an export changes nothing, and what was left to the default stays left to it.
 */
export function leaveDefaultsUnsaid(
  draft: DestinationDraft,
  { settings, destination }: StoredDestination,
  defaults: DeliveryDefaults,
): DestinationDraft {
  const said = resolveSettings(draft, defaults);
  const keep = <K extends Defaulted>(member: K): DestinationSettings[K] =>
    sameContent([said[member]], [destination[member]]) ? settings[member] : draft[member];
  return {
    ...draft,
    match: keep('match'),
    transform: keep('transform'),
    batch: keep('batch'),
    rateLimit: keep('rateLimit'),
    retry: keep('retry'),
    timeoutMs: keep('timeoutMs'),
    concurrency: keep('concurrency'),
    ordering: keep('ordering'),
    maxQueuedBytes: keep('maxQueuedBytes'),
  };
}
