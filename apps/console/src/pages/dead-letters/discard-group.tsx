import type { Client } from '../../api/client';
import type { DeadLetterGroup } from '../../api/types';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { formatCount, inWords } from '../../parts/format';

interface DiscardGroupProps {
  readonly group: DeadLetterGroup;
  /** Of the destination. */
  readonly name: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function DiscardGroup({ group, name, opened, onClose }: DiscardGroupProps) {
  const discard = useAction(
    (client, { destinationId, code }: DeadLetterGroup) => discardAll(client, destinationId, code),
    {
      changes: ['dead-letters', 'overview'],
      done: (count) => `${formatCount(count)} dead letters are discarded.`,
      onDone: onClose,
    },
  );
  const count = `${group.exact ? '' : 'at least '}${formatCount(group.count)}`;
  return (
    <Confirm
      opened={opened}
      title={`Discard ${count} dead ${group.count === 1 && group.exact ? 'letter' : 'letters'}?`}
      action="Discard"
      busy={discard.isPending}
      onConfirm={() => discard.mutate(group)}
      onClose={onClose}
    >
      All that have the reason &ldquo;{inWords(group.code)}&rdquo; are gone for {name} then; other destinations keep
      theirs.
    </Confirm>
  );
}

interface Discarded {
  readonly discarded: number;
  readonly more: boolean;
}

/** One call gets through some thousands. Ends when one found nothing more, although new ones may come all the time. */
async function discardAll(client: Client, destinationId: string, code: string): Promise<number> {
  let total = 0;
  for (;;) {
    const { discarded, more } = await client.ask<Discarded>('POST', '/dead-letter-groups/discard', {
      destinationId,
      code,
    });
    total += discarded;
    if (!more || discarded === 0) return total;
  }
}
