import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { useOverview } from '../../api/queries';
import { useClient } from '../../api/session';
import type { DeadLetterGroups } from '../../api/types';
import { formatCount } from '../../parts/format';
import { PageHead } from '../../parts/page';
import { Empty, Loaded } from '../../parts/states';
import { ReasonGroup } from './reason-group';
import { RecentReplays } from './recent-replays';
import './dead-letters.css';

/** More would be a list nobody reads; the filter finds the others. */
const MAX_SHOWN = 50;
const OPEN_AT_FIRST = 3;

export default function DeadLettersPage() {
  const [search, setSearch] = useSearchParams();
  const destinationId = search.get('destinationId') ?? '';
  const destinations = useOverview().data?.destinations ?? [];
  const affected = destinations.filter(({ id, deadLettered }) => deadLettered > 0 || id === destinationId);
  return (
    <>
      <PageHead
        title="Dead letters"
        note="Events that a destination refused for good. They wait until they are replayed or discarded."
      />
      <div className="filters">
        <NativeSelect
          aria-label="Destination"
          maw={320}
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
      </div>
      <div className="stack">
        <RecentReplays />
        <Groups key={destinationId} destinationId={destinationId} />
      </div>
    </>
  );
}

function Groups({ destinationId }: { readonly destinationId: string }) {
  const client = useClient();
  const names = new Map(useOverview().data?.destinations.map(({ id, name }) => [id, name]));
  const groups = useQuery({
    queryKey: ['dead-letters', 'groups', destinationId],
    queryFn: ({ signal }) => {
      const query = destinationId === '' ? '' : `?destinationId=${encodeURIComponent(destinationId)}`;
      return client.get<DeadLetterGroups>(`/dead-letter-groups${query}`, signal);
    },
    refetchInterval: 5_000,
  });
  return (
    <Loaded query={groups}>
      {({ data, counted, kept }) =>
        data.length === 0 ? (
          <Empty title="No dead letters">
            <p>Every event has been delivered or still waits. What a destination refuses for good is parked here.</p>
          </Empty>
        ) : (
          <>
            <p className="dim" role="status">
              {countText(data.length, counted, kept)}
            </p>
            {data.slice(0, MAX_SHOWN).map((group, index) => (
              <ReasonGroup
                key={`${group.destinationId}/${group.code}`}
                group={group}
                name={names.get(group.destinationId) ?? group.destinationId}
                openAtFirst={index < OPEN_AT_FIRST}
              />
            ))}
            {data.length > MAX_SHOWN && (
              <p className="dim">{formatCount(data.length - MAX_SHOWN)} smaller groups; choose a destination.</p>
            )}
          </>
        )
      }
    </Loaded>
  );
}

function countText(groups: number, counted: number, kept: number): string {
  const reasons = groups === 1 ? 'one group' : `${formatCount(groups)} groups`;
  if (counted >= kept) return `${formatCount(kept)} kept, in ${reasons} of one reason each.`;
  return `${formatCount(kept)} kept. The newest ${formatCount(counted)} of them are in ${reasons}; a + means that there may be more.`;
}
