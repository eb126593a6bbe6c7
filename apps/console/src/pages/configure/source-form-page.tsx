import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useDialects } from '../../api/queries';
import { useClient } from '../../api/session';
import type { Source } from '../../api/types';
import { PageHead } from '../../parts/page';
import { Loaded } from '../../parts/states';
import { SourceForm } from './source-form';

export default function SourceFormPage() {
  const { id } = useParams();
  const dialects = useDialects();
  return (
    <>
      <PageHead
        title={id === undefined ? 'New source' : 'Edit source'}
        back={id === undefined ? { to: '/sources', label: 'Sources' } : { to: `/sources/${id}`, label: id }}
      />
      <Loaded query={dialects}>
        {(known) => (id === undefined ? <SourceForm dialects={known} /> : <Existing id={id} dialects={known} />)}
      </Loaded>
    </>
  );
}

function Existing({
  id,
  dialects,
}: {
  readonly id: string;
  readonly dialects: Parameters<typeof SourceForm>[0]['dialects'];
}) {
  const client = useClient();
  const source = useQuery({
    queryKey: ['sources', id, 'form'],
    queryFn: ({ signal }) => client.open<Source>(`/sources/${id}`, signal),
    gcTime: 0,
    staleTime: Infinity,
  });
  const [loads, setLoads] = useState(0);
  const reload = (): void => void source.refetch().then(() => setLoads((count) => count + 1));
  return (
    <Loaded query={source}>
      {(opened) => <SourceForm key={loads} dialects={dialects} opened={opened} onReload={reload} />}
    </Loaded>
  );
}
