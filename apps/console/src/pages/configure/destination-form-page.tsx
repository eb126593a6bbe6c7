import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useDestinationTypes } from '../../api/queries';
import { useClient } from '../../api/session';
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
  const client = useClient();
  const destination = useQuery({
    queryKey: ['destinations', id, 'form'],
    queryFn: ({ signal }) => client.open<Destination>(`/destinations/${id}`, signal),
    gcTime: 0,
    staleTime: Infinity,
  });
  const [loads, setLoads] = useState(0);
  const reload = (): void => void destination.refetch().then(() => setLoads((count) => count + 1));
  return (
    <Loaded query={destination}>
      {(opened) => <DestinationForm key={loads} types={types} opened={opened} onReload={reload} />}
    </Loaded>
  );
}
