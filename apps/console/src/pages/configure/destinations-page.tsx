import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { OVERVIEW_MS, useOverview, type OverviewWithRates } from '../../api/queries';
import { useMayChange } from '../../api/session';
import type { DestinationOverview } from '../../api/types';
import { assess, DestinationState } from '../../parts/destination-state';
import { formatAge, formatCount, formatRate } from '../../parts/format';
import { PlusIcon } from '../../parts/icons';
import { PageHead } from '../../parts/page';
import { Empty, Loaded } from '../../parts/states';
import { VirtualRows, type Column } from '../../parts/virtual-rows';

export default function DestinationsPage() {
  const overview = useOverview(OVERVIEW_MS);
  const mayChange = useMayChange();
  return (
    <>
      <PageHead title="Destinations" note="Who gets which events.">
        {mayChange && (
          <Button component={Link} to="/destinations/new" leftSection={<PlusIcon size={16} />}>
            New destination
          </Button>
        )}
      </PageHead>
      <Loaded query={overview}>{(data) => <List overview={data} />}</Loaded>
    </>
  );
}

const SHOWN = [
  { value: 'all', label: 'All states' },
  { value: 'bad', label: 'In trouble' },
  { value: 'warn', label: 'Slow or held' },
  { value: 'ok', label: 'Delivering' },
];

function List({ overview }: { readonly overview: OverviewWithRates }) {
  const { destinations, rates } = overview;
  const now = Date.parse(overview.at);
  const [search, setSearch] = useState('');
  const [tone, setTone] = useState('all');
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return destinations
      .filter(({ id, name, type }) => `${id} ${name} ${type}`.toLowerCase().includes(wanted))
      .filter((destination) => tone === 'all' || assess(destination, now).tone === tone)
      .sort((a, b) => a.name.localeCompare(b.name));
  }, [destinations, search, tone, now]);
  if (destinations.length === 0) {
    return (
      <Empty title="No destinations yet">
        <p>A destination gets the events it wants: a webhook, or one of the vendors.</p>
        <Link to="/destinations/new">Create the first one</Link>
      </Empty>
    );
  }
  return (
    <>
      <div className="filters">
        <TextInput
          aria-label="Search destinations"
          placeholder="Name, id or type"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label="State"
          data={SHOWN}
          value={tone}
          onChange={(event) => setTone(event.currentTarget.value)}
        />
        <span className="dim">
          {formatCount(shown.length)} of {formatCount(destinations.length)}
        </span>
      </div>
      <VirtualRows
        label="Destinations"
        columns={columns(rates.byDestination, now)}
        rows={shown}
        keyOf={({ id }) => id}
      />
    </>
  );
}

function columns(byDestination: ReadonlyMap<string, number>, now: number): readonly Column<DestinationOverview>[] {
  return [
    {
      title: 'Name',
      width: 'minmax(160px, 2fr)',
      phoneWidth: 'minmax(0, 1fr)',
      cell: ({ id, name }) => (
        <Link className="cover" to={`/destinations/${id}`}>
          {name}
        </Link>
      ),
    },
    { title: 'Type', width: '100px', cell: ({ type }) => type },
    {
      title: 'State',
      width: '150px',
      phoneWidth: '142px',
      cell: (destination) => <DestinationState of={destination} now={now} />,
    },
    { title: 'Events/s', width: '80px', align: 'right', cell: ({ id }) => formatRate(byDestination.get(id)) },
    {
      title: 'Waiting',
      width: '80px',
      phoneWidth: '60px',
      align: 'right',
      cell: ({ waiting }) => formatCount(waiting),
    },
    {
      title: 'Oldest',
      width: '100px',
      align: 'right',
      cell: ({ waitingSince }) => (waitingSince === null ? '–' : formatAge(now - Date.parse(waitingSince))),
    },
    { title: 'Delivered', width: '90px', align: 'right', cell: ({ delivered }) => formatCount(delivered) },
    {
      title: 'Dead letters',
      width: '90px',
      align: 'right',
      cell: ({ deadLettered }) => (
        <span className={deadLettered > 0 ? 'bad' : undefined}>{formatCount(deadLettered)}</span>
      ),
    },
  ];
}
