import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMayChange } from '../../api/session';
import type { DeadLetter } from '../../api/types';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { formatCount, formatMoment, inWords } from '../../parts/format';
import { Panel } from '../../parts/page';
import { Pill } from '../../parts/pill';
import type { LetterGroup } from './group-by-reason';
import { LetterView } from './letter-view';
import { ReplayModal } from './replay-modal';

const SHOWN_AT_FIRST = 5;
const DISCARDS_AT_ONCE = 8;

interface ReasonGroupProps {
  readonly group: LetterGroup;
  /** False: there may be more of the kind that are not loaded. */
  readonly isComplete: boolean;
}

export function ReasonGroup({ group, isComplete }: ReasonGroupProps) {
  const { destinationId, code, detail, letters } = group;
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const count = `${formatCount(letters.length)}${isComplete ? '' : '+'}`;
  return (
    <Panel title={`${inWords(code)} at ${destinationId}`} beside={<GroupActions group={group} />}>
      <p className="reason">
        <Pill tone="bad" plain>
          {count}
        </Pill>{' '}
        <code className="mono bad">{code}</code> {detail}
      </p>
      <ul className="letters">
        {letters.slice(0, shown).map((letter) => (
          <Letter key={letter.id} letter={letter} />
        ))}
      </ul>
      {letters.length > shown && (
        <Button size="xs" variant="default" onClick={() => setShown(shown + 50)}>
          Show {formatCount(Math.min(50, letters.length - shown))} more
        </Button>
      )}
    </Panel>
  );
}

function GroupActions({ group: { destinationId, code, letters } }: { readonly group: LetterGroup }) {
  const [asked, setAsked] = useState<'replay' | 'discard' | null>(null);
  const mayChange = useMayChange();
  const discard = useAction(
    async (client) => {
      const left = [...letters];
      const work = async (): Promise<void> => {
        for (let letter = left.pop(); letter; letter = left.pop())
          await client.ask('DELETE', `/dead-letters/${encodeURIComponent(letter.id)}`);
      };
      await Promise.all(Array.from({ length: DISCARDS_AT_ONCE }, work));
    },
    {
      changes: ['dead-letters', 'overview'],
      done: () => `${formatCount(letters.length)} dead letters are discarded.`,
      onDone: () => setAsked(null),
    },
  );
  if (!mayChange) return null;
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
        destinationId={destinationId}
        from="dead-letters"
        code={code}
        onClose={() => setAsked(null)}
      />
      <Confirm
        opened={asked === 'discard'}
        title={`Discard ${formatCount(letters.length)} dead letters?`}
        action="Discard"
        busy={discard.isPending}
        onConfirm={() => discard.mutate(undefined)}
        onClose={() => setAsked(null)}
      >
        They are gone for {destinationId} then; other destinations keep theirs.
      </Confirm>
    </div>
  );
}

function Letter({ letter }: { readonly letter: DeadLetter }) {
  const [opened, setOpened] = useState(false);
  const { id, event, at, attempts } = letter;
  return (
    <li>
      <Link to={`/events/${event.id}`} className="letter-name">
        {event.event}
      </Link>
      <span className="mono dim letter-id">{event.id}</span>
      <span className="dim">
        {attempts === 1 ? 'one attempt' : `${attempts} attempts`}, {formatMoment(at)}
      </span>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)} aria-label={`Inspect ${id}`}>
        Inspect
      </Button>
      <LetterView letter={letter} opened={opened} onClose={() => setOpened(false)} />
    </li>
  );
}
