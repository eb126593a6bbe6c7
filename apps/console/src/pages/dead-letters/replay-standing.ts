import type { Replay } from '../../api/types';
import { formatCount } from '../../parts/format';

/** How far a replay has got, in words. */
export function replayStanding({ matched, queued, settled, deadLettered }: Replay): string {
  const ofAll = matched === null ? '…' : formatCount(matched);
  const refused = deadLettered === 0 ? '' : ` (${formatCount(deadLettered)} refused again)`;
  return `${formatCount(queued)} of ${ofAll} put back, ${formatCount(settled)} settled${refused}`;
}
