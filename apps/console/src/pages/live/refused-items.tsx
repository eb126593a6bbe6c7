import { useQuery } from '@tanstack/react-query';
import { useClient } from '../../api/session';
import type { Page, Rejection } from '../../api/types';
import { formatTime } from '../../parts/format';
import { Empty, Loaded } from '../../parts/states';
import { VirtualRows, type Column } from '../../parts/virtual-rows';
import type { LiveFilter } from './live-page';

/** Items that were refused at the door, with the vendor's reason. */
export function RefusedItems({ filter }: { readonly filter: LiveFilter }) {
  const client = useClient();
  const { sourceId, dialect, name } = filter;
  const query = new URLSearchParams({ limit: '250', ...(sourceId === '' ? {} : { sourceId }) });
  const refused = useQuery({
    queryKey: ['rejections', sourceId],
    queryFn: ({ signal }) => client.get<Page<Rejection>>(`/rejections?${query.toString()}`, signal),
    refetchInterval: 3_000,
  });
  const fits = (item: Rejection): boolean =>
    (dialect === '' || item.dialect === dialect) && (item.name ?? '').toLowerCase().includes(name.trim().toLowerCase());
  return (
    <Loaded query={refused}>
      {({ data }) => {
        const rows = data.filter(fits);
        if (data.length > 0 && rows.length === 0)
          return <Empty title="None of the latest refused items fits the filter" />;
        if (rows.length === 0) {
          return (
            <Empty title="Nothing was refused">
              <p>Items that break a vendor&rsquo;s rules are answered as the vendor would, and listed here.</p>
            </Empty>
          );
        }
        const keyOf = ({ requestId, index, code }: Rejection): string => `${requestId}/${index}/${code}`;
        return (
          <VirtualRows label="Refused items, newest first" columns={COLUMNS} rows={rows} keyOf={keyOf} rowHeight={34} />
        );
      }}
    </Loaded>
  );
}

const COLUMNS: readonly Column<Rejection>[] = [
  {
    title: 'At',
    width: '112px',
    phoneWidth: '100px',
    cell: ({ at }) => <span className="mono">{formatTime(at)}</span>,
  },
  { title: 'Event', width: 'minmax(120px, 1fr)', phoneWidth: 'minmax(0, 1fr)', cell: ({ name }) => name ?? '–' },
  {
    title: 'Reason',
    width: 'minmax(240px, 3fr)',
    phoneWidth: 'minmax(0, 1.4fr)',
    cell: ({ code, detail }) => (
      <span title={detail}>
        <code className="mono bad">{code}</code> {detail}
      </span>
    ),
  },
  { title: 'Source', width: 'minmax(90px, 1fr)', cell: ({ sourceId }) => sourceId ?? '–' },
  { title: 'Dialect', width: '100px', cell: ({ dialect }) => dialect },
  { title: 'Answered', width: '80px', align: 'right', cell: ({ status }) => status },
];
