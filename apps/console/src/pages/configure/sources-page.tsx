import { Button, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { OVERVIEW_MS, useOverview, type OverviewWithRates } from '../../api/queries';
import { useMayChange } from '../../api/session';
import type { SourceOverview } from '../../api/types';
import { formatCount, formatRate } from '../../parts/format';
import { PlusIcon } from '../../parts/icons';
import { PageHead } from '../../parts/page';
import { Pill } from '../../parts/pill';
import { Empty, Loaded } from '../../parts/states';
import { VirtualRows, type Column } from '../../parts/virtual-rows';

export default function SourcesPage() {
  const overview = useOverview(OVERVIEW_MS);
  const mayChange = useMayChange();
  return (
    <>
      <PageHead title="Sources" note="Who may send, and in which dialect.">
        {mayChange && (
          <Button component={Link} to="/sources/new" leftSection={<PlusIcon size={16} />}>
            New source
          </Button>
        )}
      </PageHead>
      <Loaded query={overview}>{(data) => <List overview={data} />}</Loaded>
    </>
  );
}

function List({ overview: { sources, rates } }: { readonly overview: OverviewWithRates }) {
  const [search, setSearch] = useState('');
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return sources
      .filter(({ id, name, dialect }) => `${id} ${name} ${dialect}`.toLowerCase().includes(wanted))
      .sort((a, b) => a.name.localeCompare(b.name));
  }, [sources, search]);
  if (sources.length === 0) {
    return (
      <Empty title="No sources yet">
        <p>
          A source is one sender with its credentials: an app, a site, a backend. Keys in use today can be taken over.
        </p>
        <Link to="/sources/new">Create the first one</Link>
      </Empty>
    );
  }
  return (
    <>
      <div className="filters">
        <TextInput
          aria-label="Search sources"
          placeholder="Name, id or dialect"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <span className="dim">
          {formatCount(shown.length)} of {formatCount(sources.length)}
        </span>
      </div>
      <VirtualRows label="Sources" columns={columns(rates.bySource)} rows={shown} keyOf={({ id }) => id} />
    </>
  );
}

function columns(bySource: ReadonlyMap<string, number>): readonly Column<SourceOverview>[] {
  return [
    {
      title: 'Name',
      width: 'minmax(160px, 2fr)',
      phoneWidth: 'minmax(0, 1fr)',
      cell: ({ id, name }) => (
        <Link className="cover" to={`/sources/${id}`}>
          {name}
        </Link>
      ),
    },
    { title: 'Id', width: 'minmax(120px, 1.5fr)', cell: ({ id }) => <span className="mono dim">{id}</span> },
    { title: 'Dialect', width: '110px', phoneWidth: '90px', cell: ({ dialect }) => dialect },
    {
      title: 'State',
      width: '120px',
      cell: ({ enabled }) => <Pill tone={enabled ? 'ok' : 'neutral'}>{enabled ? 'Enabled' : 'Disabled'}</Pill>,
    },
    { title: 'Events/s', width: '90px', align: 'right', cell: ({ id }) => formatRate(bySource.get(id)) },
    {
      title: 'Accepted',
      width: '110px',
      phoneWidth: '70px',
      align: 'right',
      cell: ({ accepted }) => formatCount(accepted),
    },
  ];
}
