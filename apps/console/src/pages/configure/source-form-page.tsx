import { useQuery } from '@tanstack/react-query';
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
    queryFn: ({ signal }) => client.get<Source>(`/sources/${id}`, signal),
    gcTime: 0,
    staleTime: Infinity,
  });
  return <Loaded query={source}>{(stored) => <SourceForm dialects={dialects} stored={stored} />}</Loaded>;
}
