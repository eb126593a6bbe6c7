import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useClient } from '../../api/session';
import type { DeadLetter, Page } from '../../api/types';
import { formatTime } from '../../parts/format';
import { Empty, Loaded } from '../../parts/states';
import { VirtualRows, type Column } from '../../parts/virtual-rows';
import { hasUser, userOf } from './event-user';
import type { LiveFilter } from './live-page';

export function DeadLetteredEvents({ filter }: { readonly filter: LiveFilter }) {
  const client = useClient();
  const letters = useQuery({
    queryKey: ['dead-letters', 'latest'],
    queryFn: ({ signal }) => client.get<Page<DeadLetter>>('/dead-letters?limit=250', signal),
    refetchInterval: 3_000,
  });
  const { sourceId, dialect, name, user } = filter;
  const fits = ({ event }: DeadLetter): boolean =>
    (sourceId === '' || event.source.id === sourceId) &&
    (dialect === '' || event.source.dialect === dialect) &&
    event.event.toLowerCase().includes(name.trim().toLowerCase()) &&
    hasUser(event, user);
  return (
    <Loaded query={letters}>
      {({ data }) => {
        const rows = data.filter(fits);
        if (data.length > 0 && rows.length === 0)
          return <Empty title="None of the latest dead letters fits the filter" />;
        if (rows.length === 0) {
          return (
            <Empty title="No dead letters">
              <p>Nothing was refused for good.</p>
            </Empty>
          );
        }
        return (
          <VirtualRows
            label="Dead letters, newest first"
            columns={COLUMNS}
            rows={rows}
            keyOf={({ id }) => id}
            rowHeight={34}
          />
        );
      }}
    </Loaded>
  );
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  {
    title: 'At',
    width: '112px',
    phoneWidth: '100px',
    cell: ({ at }) => <span className="mono">{formatTime(at)}</span>,
  },
  {
    title: 'Event',
    width: 'minmax(140px, 1.4fr)',
    phoneWidth: 'minmax(0, 1fr)',
    cell: ({ event }) => (
      <Link className="cover" to={`/events/${event.id}`}>
        {event.event}
      </Link>
    ),
  },
  { title: 'User', width: 'minmax(110px, 1fr)', cell: ({ event }) => userOf(event) },
  { title: 'Destination', width: 'minmax(110px, 1fr)', cell: ({ destinationId }) => destinationId },
  {
    title: 'Reason',
    width: 'minmax(200px, 2fr)',
    phoneWidth: 'minmax(0, 1fr)',
    cell: ({ reason }) => (
      <span title={reason.detail}>
        <code className="mono bad">{reason.code}</code> {reason.detail}
      </span>
    ),
  },
];
