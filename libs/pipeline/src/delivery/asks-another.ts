import type { Destination } from '#control-plane';

/** Whether requests now go elsewhere, or on another's account, than before the change. */
export function asksAnother(now: Destination, before: Destination): boolean {
  return JSON.stringify([now.config, now.credentials]) !== JSON.stringify([before.config, before.credentials]);
}
