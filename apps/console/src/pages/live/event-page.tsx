import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useClient } from '../../api/session';
import type { EventTrace, InspectedEvent } from '../../api/types';
import { CopyText } from '../../parts/copy-text';
import { JsonView } from '../../parts/json-view';
import { PageHead, Panel } from '../../parts/page';
import { Loaded } from '../../parts/states';
import { RehearsalView } from '../playground/rehearsal-view';
import { TraceTimeline } from './trace-timeline';
import './live.css';

const TRACE_MS = 2_000;
/** States in which nothing happens any more. */
const FINAL: ReadonlySet<string> = new Set(['delivered', 'duplicate', 'not_wanted', 'dead_lettered', 'settled']);

export default function EventPage() {
  const { id = '' } = useParams();
  const client = useClient();
  const inspected = useQuery({
    queryKey: ['event', id],
    queryFn: ({ signal }) => client.get<InspectedEvent>(`/events/${id}`, signal),
  });
  // Asked for at once: an event whose id is made from its content takes a moment to be found.
  const trace = useQuery({
    queryKey: ['trace', id],
    queryFn: ({ signal }) => client.get<EventTrace>(`/events/${id}/trace`, signal),
    refetchInterval: ({ state }) => (isSettled(state.data) ? false : TRACE_MS),
  });
  return <Loaded query={inspected}>{(data) => <Shown inspected={data} trace={trace} />}</Loaded>;
}

interface ShownProps {
  readonly inspected: InspectedEvent;
  readonly trace: UseQueryResult<EventTrace>;
}

function Shown({ inspected, trace }: ShownProps) {
  const { event, received } = inspected;
  return (
    <>
      <PageHead
        title={event.event}
        back={{ to: '/events', label: 'Live events' }}
        note={
          <span className="row">
            <span className="mono">{event.id}</span>
            <CopyText text={event.id} label="Copy the id" />
            from {received.sourceId} ({received.dialect})
          </span>
        }
      />
      <div className="stack">
        <Panel title="Trace">
          <Loaded query={trace}>{(data) => <TraceTimeline trace={data} />}</Loaded>
        </Panel>
        <SideBySide inspected={inspected} troubled={trace.data && troubledIn(trace.data)} />
      </div>
    </>
  );
}

/** Where it went wrong is what the page was opened for, most of the time. */
function troubledIn({ destinations }: EventTrace): string | undefined {
  return destinations.find(({ state }) => state === 'dead_lettered' || state === 'retrying')?.destinationId;
}

function isSettled(trace: EventTrace | undefined): boolean {
  return trace?.destinations.every(({ matched, state }) => !matched || FINAL.has(state ?? '')) === true;
}

/** The same event in every form that it takes on its way. */
function SideBySide({
  inspected,
  troubled,
}: {
  readonly inspected: InspectedEvent;
  readonly troubled?: string | undefined;
}) {
  const { item, event, received, destinations } = inspected;
  // A log line says little that the canonical event does not.
  const told = destinations.find(({ requests }) => requests.some(({ method }) => method !== 'LOG'));
  const usual = destinations.find(({ id }) => id === troubled) ?? told ?? destinations[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const rehearsal = destinations.find(({ id }) => id === chosen) ?? usual;
  return (
    <div className="side-by-side">
      <Panel title="As sent" beside={<span className="mono dim">{received.route}</span>}>
        {item === null ? (
          <p className="dim">Put back by a replay: what came first is gone.</p>
        ) : (
          <JsonView value={item} label="event as sent" dense />
        )}
      </Panel>
      <Panel title="Canonical">
        <JsonView value={event} label="canonical event" dense />
      </Panel>
      <Panel
        title="As the destination gets it"
        beside={
          destinations.length > 1 && (
            <NativeSelect
              size="xs"
              aria-label="Destination"
              data={destinations.map(({ id }) => id)}
              value={rehearsal?.id}
              onChange={(change) => setChosen(change.currentTarget.value)}
            />
          )
        }
      >
        {rehearsal ? (
          <div className="stack">
            {destinations.length === 1 && <span className="dim">{rehearsal.id}</span>}
            <RehearsalView rehearsal={rehearsal} dense />
          </div>
        ) : (
          <p className="dim">No destination wants it.</p>
        )}
      </Panel>
    </div>
  );
}
