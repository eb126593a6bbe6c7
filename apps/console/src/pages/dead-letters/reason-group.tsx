import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMayChange } from '../../api/session';
import type { DeadLetterGroup } from '../../api/types';
import { formatCount, formatMoment, inWords } from '../../parts/format';
import { Panel } from '../../parts/page';
import { Pill } from '../../parts/pill';
import { DiscardGroup } from './discard-group';
import { GroupLetters } from './group-letters';
import { ReplayModal } from './replay-modal';

interface ReasonGroupProps {
  readonly group: DeadLetterGroup;
  /** Of the destination. */
  readonly name: string;
  readonly openAtFirst: boolean;
}

/** Same destination, same reason: usually one cause and one cure. */
export function ReasonGroup({ group, name, openAtFirst }: ReasonGroupProps) {
  const { code, count, exact, detail, newestAt, oldestAt } = group;
  const [isOpen, setOpen] = useState(openAtFirst);
  return (
    <Panel title={`${inWords(code)} at ${name}`} beside={<GroupActions group={group} name={name} />}>
      <p className="reason">
        <Pill tone="bad" plain>
          {formatCount(count)}
          {!exact && '+'}
        </Pill>{' '}
        <code className="mono bad">{code}</code> {detail}
      </p>
      <p className="row dim">
        {count === 1 ? formatMoment(newestAt) : `${formatMoment(oldestAt)} – ${formatMoment(newestAt)}`}
        <Button size="compact-xs" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide the events' : 'Show the events'}
        </Button>
      </p>
      {isOpen && <GroupLetters group={group} />}
    </Panel>
  );
}

function GroupActions({ group, name }: { readonly group: DeadLetterGroup; readonly name: string }) {
  const [asked, setAsked] = useState<'replay' | 'discard' | null>(null);
  const mayChange = useMayChange();
  if (!mayChange) return null;
  const close = (): void => setAsked(null);
  return (
    <div className="row">
      <Button size="xs" onClick={() => setAsked('replay')}>
        Replay
      </Button>
      <Button size="xs" variant="light" color="red" onClick={() => setAsked('discard')}>
        Discard
      </Button>
      <ReplayModal
        opened={asked === 'replay'}
        destinationId={group.destinationId}
        from="dead-letters"
        code={group.code}
        onClose={close}
      />
      <DiscardGroup group={group} name={name} opened={asked === 'discard'} onClose={close} />
    </div>
  );
}
