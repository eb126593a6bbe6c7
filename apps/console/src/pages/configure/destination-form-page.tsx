import { useQuery } from '@tanstack/react-query';
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
    queryFn: ({ signal }) => client.get<Destination>(`/destinations/${id}`, signal),
    gcTime: 0,
    staleTime: Infinity,
  });
  return <Loaded query={destination}>{(stored) => <DestinationForm types={types} stored={stored} />}</Loaded>;
}
