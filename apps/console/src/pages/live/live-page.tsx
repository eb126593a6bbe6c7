import { Button, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useDialects, useOverview } from '../../api/queries';
import { PageHead } from '../../parts/page';
import { AcceptedEvents } from './accepted-events';
import { DeadLetteredEvents } from './dead-lettered-events';
import { RefusedItems } from './refused-items';
import './live.css';

export interface LiveFilter {
  readonly sourceId: string;
  readonly dialect: string;
  readonly name: string;
  readonly user: string;
}

type Outcome = 'accepted' | 'refused' | 'dead';

const OUTCOMES = [
  { value: 'accepted', label: 'Accepted' },
  { value: 'refused', label: 'Refused' },
  { value: 'dead', label: 'Dead-lettered' },
];

/** The filter stands in the address, so that a view can be passed on. */
export default function LivePage() {
  const [search, setSearch] = useSearchParams();
  const read = (name: string): string => search.get(name) ?? '';
  const set = (name: string, value: string): void =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const filter = { sourceId: read('sourceId'), dialect: read('dialect'), name: read('name'), user: read('user') };
  const outcome = outcomeOf(read('outcome'));
  return (
    <>
      <PageHead title="Live events" note="What comes in, as it comes in, from all processes." />
      <div className="filters">
        <SegmentedControl
          className="wrapping"
          size="sm"
          aria-label="Outcome"
          data={OUTCOMES}
          value={outcome}
          onChange={(value) => set('outcome', value === 'accepted' ? '' : value)}
        />
        <Filters
          filter={filter}
          canAskForUser={outcome !== 'refused'}
          onChange={set}
          onClear={() => setSearch({}, { replace: true })}
        />
      </div>
      {outcome === 'accepted' && <AcceptedEvents filter={filter} />}
      {outcome === 'refused' && <RefusedItems filter={filter} />}
      {outcome === 'dead' && <DeadLetteredEvents filter={filter} />}
    </>
  );
}

function outcomeOf(text: string): Outcome {
  return text === 'refused' || text === 'dead' ? text : 'accepted';
}

interface FiltersProps {
  readonly filter: LiveFilter;
  /** A refused item may have any shape: nobody knows whose it is. */
  readonly canAskForUser: boolean;
  readonly onChange: (name: keyof LiveFilter, value: string) => void;
  readonly onClear: () => void;
}

function Filters({ filter, canAskForUser, onChange, onClear }: FiltersProps) {
  const sources = useOverview().data?.sources ?? [];
  const dialects = useDialects().data ?? [];
  const isFiltered = Object.values(filter).some((value: string) => value !== '');
  return (
    <>
      <NativeSelect
        aria-label="Source"
        maw={200}
        value={filter.sourceId}
        onChange={(event) => onChange('sourceId', event.currentTarget.value)}
        data={[{ value: '', label: 'All sources' }, ...sources.map(({ id, name }) => ({ value: id, label: name }))]}
      />
      <NativeSelect
        aria-label="Dialect"
        value={filter.dialect}
        onChange={(event) => onChange('dialect', event.currentTarget.value)}
        data={[
          { value: '', label: 'All dialects' },
          ...dialects.map(({ name, title }) => ({ value: name, label: title })),
        ]}
      />
      <TextInput
        aria-label="Event name"
        w={150}
        placeholder="Event name"
        value={filter.name}
        onChange={(event) => onChange('name', event.currentTarget.value)}
      />
      {canAskForUser && (
        <TextInput
          aria-label="User"
          w={150}
          placeholder="User"
          value={filter.user}
          onChange={(event) => onChange('user', event.currentTarget.value)}
        />
      )}
      {isFiltered && (
        <Button variant="subtle" onClick={onClear}>
          Clear
        </Button>
      )}
    </>
  );
}
