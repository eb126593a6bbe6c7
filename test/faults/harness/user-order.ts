import type { Ledger } from './ledger.js';
import type { Receiver } from './receivers.js';

/**
 * Whose later event came before an earlier one of theirs. First arrivals count: a repeat may come at any time, and what
 * was dead-lettered or erased does not come at all.
 */
export function outOfOrder({ sent }: Ledger, receiver: Receiver): readonly string[] {
  const places = new Map<string, number>();
  for (const [place, { mark }] of receiver.arrivals().entries()) if (!places.has(mark)) places.set(mark, place);
  const furthest = new Map<string, { readonly mark: string; readonly place: number }>();
  const faults: string[] = [];
  for (const [mark, { happening }] of sent) {
    const place = places.get(mark);
    if (place === undefined) continue;
    const before = furthest.get(happening.user);
    if (before && place < before.place)
      faults.push(`${mark} of ${happening.user} came before ${before.mark}, which was accepted earlier`);
    else furthest.set(happening.user, { mark, place });
  }
  return faults;
}
