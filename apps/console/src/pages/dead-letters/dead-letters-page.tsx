import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useOverview } from '../../api/queries';
import { useClient } from '../../api/session';
import type { DeadLetter, Page } from '../../api/types';
import { formatCount } from '../../parts/format';
import { PageHead } from '../../parts/page';
import { Empty, Fault, Loading } from '../../parts/states';
import { groupByReason } from './group-by-reason';
import { ReasonGroup } from './reason-group';
import { RecentReplays } from './recent-replays';
import './dead-letters.css';

const PAGE_SIZE = 250;

export default function DeadLettersPage() {
  const [search, setSearch] = useSearchParams();
  const destinationId = search.get('destinationId') ?? '';
  const destinations = useOverview().data?.destinations ?? [];
  const affected = destinations.filter(({ id, deadLettered }) => deadLettered > 0 || id === destinationId);
  const total = affected
    .filter(({ id }) => destinationId === '' || id === destinationId)
    .reduce((sum, { deadLettered }) => sum + deadLettered, 0);
  return (
    <>
      <PageHead
        title="Dead letters"
        note="Events that a destination refused for good. They wait until they are replayed or discarded."
      />
      <div className="filters">
        <NativeSelect
          aria-label="Destination"
          value={destinationId}
          onChange={(event) =>
            setSearch(event.currentTarget.value === '' ? {} : { destinationId: event.currentTarget.value })
          }
          data={[
            { value: '', label: 'All destinations' },
            ...affected.map(({ id, name, deadLettered }) => ({
              value: id,
              label: `${name} (${formatCount(deadLettered)})`,
            })),
          ]}
        />
        <span className="dim">{formatCount(total)} kept</span>
      </div>
      <div className="stack">
        <RecentReplays />
        <Letters destinationId={destinationId} total={total} />
      </div>
    </>
  );
}

function Letters({ destinationId, total }: { readonly destinationId: string; readonly total: number }) {
  const client = useClient();
  const letters = useInfiniteQuery({
    queryKey: ['dead-letters', destinationId],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
      if (destinationId !== '') query.set('destinationId', destinationId);
      if (pageParam !== '') query.set('cursor', pageParam);
      return client.get<Page<DeadLetter>>(`/dead-letters?${query.toString()}`, signal);
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: 5_000,
  });
  const loaded = useMemo(() => letters.data?.pages.flatMap(({ data }) => data) ?? [], [letters.data]);
  const groups = useMemo(() => groupByReason(loaded), [loaded]);
  if (letters.isError && !letters.data) return <Fault error={letters.error} onRetry={() => void letters.refetch()} />;
  if (letters.isPending) return <Loading />;
  if (groups.length === 0) {
    return (
      <Empty title="No dead letters">
        <p>Every event has been delivered or still waits. What a destination refuses for good is parked here.</p>
      </Empty>
    );
  }
  return (
    <>
      {groups.map((group) => (
        <ReasonGroup key={group.key} group={group} isComplete={!letters.hasNextPage} />
      ))}
      {letters.hasNextPage && (
        <div className="row">
          <Button variant="default" loading={letters.isFetchingNextPage} onClick={() => void letters.fetchNextPage()}>
            Load more
          </Button>
          <span className="dim">
            grouped from the newest {formatCount(loaded.length)}
            {total > loaded.length && ` of ${formatCount(total)}`}
          </span>
        </div>
      )}
    </>
  );
}
