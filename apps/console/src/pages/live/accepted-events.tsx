import { Button } from '@mantine/core';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { Link } from 'react-router';
import { LiveEvents, type LiveSnapshot } from '../../api/live-events';
import { useClient } from '../../api/session';
import type { GatewayEvent } from '../../api/types';
import { formatCount, formatTime } from '../../parts/format';
import { PauseIcon, PlayIcon } from '../../parts/icons';
import { Pill, type Tone } from '../../parts/pill';
import { Empty, Fault } from '../../parts/states';
import { VirtualRows, type Column } from '../../parts/virtual-rows';
import { hasUser, userOf } from './event-user';
import type { LiveFilter } from './live-page';

/** One for the tab: going back from an event finds the list as it was. */
const live = new LiveEvents();

export function AcceptedEvents({ filter }: { readonly filter: LiveFilter }) {
  const client = useClient();
  const now = useSyncExternalStore(live.subscribe, live.read);
  const [held, setHeld] = useState<LiveSnapshot | null>(null);
  const { sourceId, dialect } = filter;
  useEffect(() => {
    live.start(client, { ...(sourceId === '' ? {} : { sourceId }), ...(dialect === '' ? {} : { dialect }) });
    return () => live.stop();
  }, [client, sourceId, dialect]);

  const shown = held ?? now;
  const rows = useMemo(() => shown.events.filter((event) => fits(event, filter)), [shown.events, filter]);
  const newer = now.received - shown.received;
  return (
    <>
      <div className="live-bar">
        <StreamPill snapshot={now} isHeld={held !== null} />
        <Button
          size="xs"
          variant="default"
          leftSection={held ? <PlayIcon size={14} /> : <PauseIcon size={14} />}
          onClick={() => setHeld(held ? null : now)}
        >
          {held ? 'Go on' : 'Pause'}
        </Button>
        <span className="dim">
          {formatCount(rows.length)} shown, {formatCount(now.received)} received
          {newer > 0 && `, ${formatCount(newer)} newer`}
          {now.dropped > 0 && `, ${formatCount(now.dropped)} passed over`}
        </span>
      </div>
      {rows.length > 0 ? (
        <VirtualRows
          label="Accepted events, newest first"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ id }) => id}
          rowHeight={34}
          // Who reads further down does not want the lines to run away.
          onScroll={(top) => setHeld((before) => (top > 0 ? (before ?? live.read()) : before))}
        />
      ) : (
        <Nothing snapshot={now} />
      )}
    </>
  );
}

const STATES: Readonly<Record<LiveSnapshot['state'], { readonly tone: Tone; readonly label: string }>> = {
  connecting: { tone: 'neutral', label: 'Connecting' },
  live: { tone: 'ok', label: 'Live' },
  disconnected: { tone: 'bad', label: 'Disconnected, trying again' },
  stopped: { tone: 'neutral', label: 'Stopped' },
};

function StreamPill({ snapshot, isHeld }: { readonly snapshot: LiveSnapshot; readonly isHeld: boolean }) {
  if (isHeld) return <Pill tone="warn">Paused</Pill>;
  const { tone, label } = STATES[snapshot.state];
  return <Pill tone={tone}>{label}</Pill>;
}

function Nothing({ snapshot }: { readonly snapshot: LiveSnapshot }) {
  if (snapshot.state === 'disconnected') return <Fault error={undefined} />;
  if (snapshot.events.length > 0) return <Empty title="None of the latest events fits the filter" />;
  return (
    <Empty title="Waiting for events">
      <p>They appear here the moment they are accepted. Each source has a request to paste.</p>
      <Link to="/sources">To the sources</Link>
    </Empty>
  );
}

function fits(event: GatewayEvent, { name, user }: LiveFilter): boolean {
  return event.event.toLowerCase().includes(name.trim().toLowerCase()) && hasUser(event, user);
}

const COLUMNS: readonly Column<GatewayEvent>[] = [
  {
    title: 'Received',
    width: '112px',
    phoneWidth: '100px',
    cell: ({ received_at }) => <span className="mono">{formatTime(received_at)}</span>,
  },
  {
    title: 'Event',
    width: 'minmax(160px, 2fr)',
    phoneWidth: 'minmax(0, 3fr)',
    cell: ({ id, event }) => (
      <Link className="cover" to={`/events/${id}`}>
        {event}
      </Link>
    ),
  },
  { title: 'User', width: 'minmax(120px, 1.4fr)', phoneWidth: 'minmax(0, 2fr)', cell: (event) => userOf(event) },
  { title: 'Source', width: 'minmax(100px, 1fr)', cell: ({ source }) => source.id },
  { title: 'Dialect', width: '100px', cell: ({ source }) => source.dialect },
  { title: 'Id', width: '200px', cell: ({ id }) => <span className="mono dim">{id}</span> },
];
