import { useParams } from 'react-router';
import { useDestinationTypes, useOpened } from '../../api/queries';
import type { Destination, DestinationType } from '../../api/types';
import { PageHead } from '../../parts/page';
import { Loaded } from '../../parts/states';
import { DestinationForm } from './destination-form';
import './configure.css';

export default function DestinationFormPage() {
  const { id } = useParams();
  const types = useDestinationTypes();
  return (
    <>
      <PageHead
        title={id === undefined ? 'New destination' : 'Edit destination'}
        back={
          id === undefined ? { to: '/destinations', label: 'Destinations' } : { to: `/destinations/${id}`, label: id }
        }
      />
      <Loaded query={types}>
        {(known) => (id === undefined ? <DestinationForm types={known} /> : <Existing id={id} types={known} />)}
      </Loaded>
    </>
  );
}

function Existing({ id, types }: { readonly id: string; readonly types: readonly DestinationType[] }) {
  const { query, loads, reload } = useOpened<Destination>('destinations', id);
  return (
    <Loaded query={query}>
      {(opened) => <DestinationForm key={loads} types={types} opened={opened} onReload={reload} />}
    </Loaded>
  );
}
