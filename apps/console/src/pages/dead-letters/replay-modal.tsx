import { Button, Modal, NativeSelect, NumberInput, Progress } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../api/client';
import { useClient } from '../../api/session';
import type { JsonObject, Replay, ReplayOrder } from '../../api/types';
import { JsonField } from '../../forms/json-field';
import { useAction } from '../../parts/action';
import { formatCount, inWords } from '../../parts/format';
import { Pill } from '../../parts/pill';
import { Loading } from '../../parts/states';
import { replayStanding } from './replay-standing';

interface ReplayModalProps {
  readonly opened: boolean;
  readonly destinationId: string;
  readonly from: ReplayOrder['from'];
  /** Dead letters with this reason only. */
  readonly code?: string;
  readonly onClose: () => void;
}

/** Counts first, then sends again, then shows how far it has got. */
export function ReplayModal({ opened, onClose, ...what }: ReplayModalProps) {
  const title =
    what.from === 'history'
      ? `Replay history to ${what.destinationId}`
      : `Replay dead letters to ${what.destinationId}`;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Replaying {...what} onClose={onClose} />
    </Modal>
  );
}

const AGES = [
  { value: '', label: 'everything that is kept' },
  { value: '3600000', label: 'the last hour' },
  { value: '86400000', label: 'the last day' },
  { value: '604800000', label: 'the last week' },
];

function Replaying({ destinationId, from, code, onClose }: Omit<ReplayModalProps, 'opened'>) {
  const [age, setAge] = useState('');
  const [since, setSince] = useState<string | undefined>();
  const [where, setWhere] = useState<JsonObject | undefined>();
  const [rate, setRate] = useState<number | undefined>();
  const start = useAction((client, order: ReplayOrder) => client.ask<Replay>('POST', '/replays', order), {
    changes: ['replays', 'dead-letters', 'overview'],
    quiet: true,
  });
  const counted: ReplayOrder = {
    destinationId,
    from,
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { since }),
    ...(where === undefined ? {} : { where }),
  };
  const order: ReplayOrder = { ...counted, ...(rate === undefined ? {} : { rate }) };
  const count = useCount(counted);
  if (start.data) return <ReplayProgress started={start.data} onClose={onClose} />;
  const problem = start.error ?? count.error;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate(order);
      }}
    >
      <NativeSelect
        label={from === 'history' ? 'Accepted in' : 'Parked in'}
        data={AGES}
        value={age}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          setAge(chosen);
          setSince(chosen === '' ? undefined : new Date(Date.now() - Number(chosen)).toISOString());
        }}
      />
      <JsonField
        label="Condition"
        description="On dotted paths of the event; empty: all of them."
        placeholder='{ "event": "purchase" }'
        value={where}
        onChange={(value) => setWhere(value as JsonObject | undefined)}
      />
      <NumberInput
        label="Events a second"
        placeholder="As fast as the destination takes them"
        value={rate ?? ''}
        min={1}
        hideControls
        onChange={(value) => setRate(typeof value === 'number' ? value : undefined)}
      />
      <p className="replay-count" role="status">
        {problem ? (
          <span className="bad">{messageOf(problem)}</span>
        ) : count.data?.matched === undefined || count.data.matched === null ? (
          <span className="dim">Counting …</span>
        ) : (
          <>
            <strong>{formatCount(count.data.matched)}</strong> {count.data.matched === 1 ? 'event' : 'events'} will be
            sent again, under the same ids.
          </>
        )}
      </p>
      <div className="row">
        <Button type="submit" loading={start.isPending} disabled={count.data?.matched === 0}>
          Replay
        </Button>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function messageOf(error: unknown): string {
  const { errors, message } = asProblem(error);
  return errors.length === 0 ? message : errors.map((fault) => `${fault.pointer.slice(1)} ${fault.message}`).join('; ');
}

/** Nobody wants to know the count of half a condition, and each one is a dry run that the gateway keeps. */
const COUNT_PAUSE_MS = 400;

/** A dry run of the same order, once it has stood for a moment; without data until then. */
function useCount(order: ReplayOrder) {
  const client = useClient();
  const wanted = JSON.stringify(order);
  const [settled] = useDebouncedValue(wanted, COUNT_PAUSE_MS);
  return useQuery({
    queryKey: ['replay-count', wanted],
    enabled: settled === wanted,
    queryFn: ({ signal }) => client.ask<Replay>('POST', '/replays', { ...order, dryRun: true }, { signal }),
    gcTime: 0,
    retry: false,
  });
}

export function useReplay(id: string, first: Replay) {
  const client = useClient();
  return useQuery({
    queryKey: ['replays', id],
    queryFn: ({ signal }) => client.get<Replay>(`/replays/${id}`, signal),
    initialData: first,
    refetchInterval: ({ state }) => (isOver(state.data) ? false : 1_000),
  });
}

function isOver(replay: Replay | undefined): boolean {
  if (!replay || replay.state === 'counting' || replay.state === 'running') return false;
  return replay.state === 'cancelled' || replay.settled >= (replay.matched ?? 0);
}

function ReplayProgress({ started, onClose }: { readonly started: Replay; readonly onClose: () => void }) {
  const replay = useReplay(started.id, started).data;
  const cancel = useAction((client) => client.ask<Replay>('POST', `/replays/${replay.id}/cancel`), {
    changes: ['replays'],
  });
  const { state, matched, settled } = replay;
  if (matched === null) return <Loading rows={2} />;
  const share = matched === 0 ? 100 : (settled / matched) * 100;
  return (
    <div className="stack">
      <div className="row" role="status">
        <Pill tone={isOver(replay) ? 'ok' : 'info'}>{isOver(replay) ? 'Done' : inWords(state)}</Pill>
        {replayStanding(replay)}
      </div>
      <Progress value={share} aria-label="Settled" color={isOver(replay) ? 'green' : 'blue'} />
      <div className="row">
        <Button onClick={onClose}>Close</Button>
        {state === 'running' && (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
            Put nothing more back
          </Button>
        )}
      </div>
    </div>
  );
}
