import { useParams } from 'react-router';
import { useDialects, useOpened } from '../../api/queries';
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
  const { query, loads, reload } = useOpened<Source>('sources', id);
  return (
    <Loaded query={query}>
      {(opened) => <SourceForm key={loads} dialects={dialects} opened={opened} onReload={reload} />}
    </Loaded>
  );
}
