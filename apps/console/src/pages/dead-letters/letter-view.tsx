import { Button, Drawer } from '@mantine/core';
import { Link } from 'react-router';
import { useMayChange } from '../../api/session';
import type { DeadLetter } from '../../api/types';
import { useAction } from '../../parts/action';
import { formatMoment } from '../../parts/format';
import { asJson, JsonView } from '../../parts/json-view';

interface LetterViewProps {
  readonly letter: DeadLetter;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** One dead letter with all there is to know about it. */
export function LetterView({ letter, opened, onClose }: LetterViewProps) {
  const { id, destinationId, reason, lastResponse, attempts, at, event } = letter;
  const mayChange = useMayChange();
  const discard = useAction((client) => client.ask('DELETE', `/dead-letters/${encodeURIComponent(id)}`), {
    changes: ['dead-letters', 'overview'],
    done: () => 'The dead letter is discarded.',
    onDone: onClose,
  });
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={event.event}>
      <div className="stack">
        <dl className="facts">
          <dt>Event</dt>
          <dd>
            <Link to={`/events/${event.id}`} className="mono">
              {event.id}
            </Link>
          </dd>
          <dt>Destination</dt>
          <dd>
            <Link to={`/destinations/${destinationId}`}>{destinationId}</Link>
          </dd>
          <dt>Reason</dt>
          <dd>
            <code className="mono bad">{reason.code}</code> {reason.detail}
          </dd>
          <dt>Attempts</dt>
          <dd>{attempts}</dd>
          <dt>Parked</dt>
          <dd>{formatMoment(at)}</dd>
        </dl>
        {lastResponse && (
          <div>
            <p className="dim">It answered {lastResponse.status}</p>
            <JsonView value={lastResponse.body === '' ? '(empty)' : asJson(lastResponse.body)} label="last response" />
          </div>
        )}
        <div>
          <p className="dim">The event</p>
          <JsonView value={event} label="event" />
        </div>
        {mayChange && (
          <div>
            <Button variant="light" color="red" loading={discard.isPending} onClick={() => discard.mutate(undefined)}>
              Discard
            </Button>
          </div>
        )}
      </div>
    </Drawer>
  );
}
