import { Button, Checkbox, Modal } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { asProblem } from '../../api/client';
import { useMayChange } from '../../api/session';
import type { Destination, TestResult } from '../../api/types';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { formatCount, inWords } from '../../parts/format';
import { asJson, JsonView } from '../../parts/json-view';
import { Pill } from '../../parts/pill';
import { ReplayModal } from '../dead-letters/replay-modal';
import { RotateModal } from './rotate-modal';
import { showOnce } from './shown-once';

type Asked = 'delete' | 'rotate' | 'test' | 'replay' | null;

export function DestinationActions({ destination }: { readonly destination: Destination }) {
  const { id, name, paused, credentials } = destination;
  const [asked, setAsked] = useState<Asked>(null);
  const mayChange = useMayChange();
  const changes = ['overview', 'destinations'];
  const hold = useAction(
    (client, action: 'pause' | 'resume') => client.ask<Destination>('POST', `/destinations/${id}/${action}`),
    { changes, done: (_, action) => (action === 'pause' ? `${name} holds its events.` : `${name} goes on.`) },
  );
  const test = useAction((client) => client.ask<TestResult>('POST', `/destinations/${id}/test`), {
    changes: [],
    onDone: () => setAsked('test'),
  });
  const rotate = useAction(
    (client, overlapSeconds: number) =>
      client.ask<Destination>('POST', `/destinations/${id}/rotate`, { overlapSeconds }),
    {
      changes,
      done: () => 'A new signing secret is in place.',
      onDone: (rotated) => {
        showOnce(`destination ${id}`, rotated.credentials);
        setAsked(null);
      },
    },
  );
  if (!mayChange) return null;
  const close = (): void => setAsked(null);
  return (
    <>
      <Button variant="default" loading={test.isPending} onClick={() => test.mutate(undefined)}>
        Test
      </Button>
      <Button variant="default" loading={hold.isPending} onClick={() => hold.mutate(paused ? 'resume' : 'pause')}>
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button variant="default" component={Link} to={`/destinations/${id}/edit`}>
        Edit
      </Button>
      <Button variant="default" onClick={() => setAsked('replay')}>
        Replay
      </Button>
      {'signingSecret' in credentials && (
        <Button variant="default" onClick={() => setAsked('rotate')}>
          Rotate
        </Button>
      )}
      <Button variant="light" color="red" onClick={() => setAsked('delete')}>
        Delete
      </Button>
      <Modal opened={asked === 'test'} onClose={close} title={`Test of ${name}`} size="lg">
        {test.data && <TestShown result={test.data} />}
      </Modal>
      <RotateModal
        opened={asked === 'rotate'}
        what="signing secret"
        busy={rotate.isPending}
        onRotate={rotate.mutate}
        onClose={close}
      />
      <ReplayModal opened={asked === 'replay'} destinationId={id} from="history" onClose={close} />
      <Removal destination={destination} opened={asked === 'delete'} onClose={close} />
    </>
  );
}

function TestShown({ result: { outcome, request, response } }: { readonly result: TestResult }) {
  return (
    <div className="stack">
      <div className="row">
        <Pill tone={outcome.kind === 'delivered' ? 'ok' : 'bad'}>{inWords(outcome.kind)}</Pill>
        {response && <span>Status {response.status}</span>}
        {outcome.code !== undefined && <code className="mono">{outcome.code}</code>}
        {outcome.detail}
      </div>
      {request && <JsonView value={request} label="request" />}
      {response && response.body !== '' && <JsonView value={asJson(response.body)} label="response" />}
    </div>
  );
}

interface RemovalProps {
  readonly destination: Destination;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** With events waiting it takes a second, explicit yes. */
function Removal({ destination: { id, name }, opened, onClose }: RemovalProps) {
  const navigate = useNavigate();
  const [discard, setDiscard] = useState(false);
  const remove = useAction(
    (client, drop: boolean) => client.ask('DELETE', `/destinations/${id}${drop ? '?discard=true' : ''}`),
    {
      changes: ['overview'],
      quiet: true,
      done: () => `${name} is deleted.`,
      onDone: () => void navigate('/destinations'),
    },
  );
  const problem = remove.error ? asProblem(remove.error) : null;
  return (
    <Confirm
      opened={opened}
      title={`Delete ${name}?`}
      action="Delete"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(discard)}
      onClose={onClose}
    >
      <p>It gets no more events, and its dead letters and counts are forgotten.</p>
      {problem && (
        <p className="bad" role="alert">
          {problem.message}
        </p>
      )}
      {problem?.code === 'events_waiting' && (
        <Checkbox
          label={`Drop the ${formatCount(problem.waiting ?? 0)} events that wait`}
          checked={discard}
          onChange={(event) => setDiscard(event.currentTarget.checked)}
        />
      )}
    </Confirm>
  );
}
