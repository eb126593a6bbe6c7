import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { OVERVIEW_MS, useDialects, useOverview } from '../../api/queries';
import { useClient, useMayChange } from '../../api/session';
import type { Source } from '../../api/types';
import { useAction } from '../../parts/action';
import { Confirm } from '../../parts/confirm';
import { formatCount, formatMoment, formatRate } from '../../parts/format';
import { PageHead, Panel } from '../../parts/page';
import { Pill } from '../../parts/pill';
import { Loaded } from '../../parts/states';
import { NewCredentials } from './new-credentials';
import { RotateModal } from './rotate-modal';
import { SourceSnippets } from './source-snippets';
import { showOnce } from './shown-once';
import './configure.css';

export default function SourcePage() {
  const { id = '' } = useParams();
  const client = useClient();
  const source = useQuery({
    queryKey: ['sources', id],
    queryFn: ({ signal }) => client.get<Source>(`/sources/${id}`, signal),
  });
  return <Loaded query={source}>{(data) => <Shown source={data} />}</Loaded>;
}

function Shown({ source }: { readonly source: Source }) {
  const { id, name, dialect: dialectName, enabled } = source;
  const dialects = useDialects();
  const dialect = dialects.data?.find((known) => known.name === dialectName);
  return (
    <>
      <PageHead
        title={name}
        back={{ to: '/sources', label: 'Sources' }}
        beside={<Pill tone={enabled ? 'ok' : 'neutral'}>{enabled ? 'Enabled' : 'Disabled'}</Pill>}
        note={
          <>
            {dialect?.title ?? dialectName} · <span className="mono">{id}</span>
          </>
        }
      >
        <Actions source={source} />
      </PageHead>
      <div className="stack">
        <NewCredentials of={`source ${id}`} />
        <div className="columns">
          <About source={source} />
          {dialect && <SourceSnippets source={source} dialect={dialect} />}
        </div>
      </div>
    </>
  );
}

function About({ source }: { readonly source: Source }) {
  const overview = useOverview(OVERVIEW_MS);
  const counts = overview.data?.sources.find(({ id }) => id === source.id);
  const rate = overview.data?.rates.bySource.get(source.id);
  return (
    <Panel title="About" beside={<Link to={`/events?sourceId=${source.id}`}>Its events, live</Link>}>
      <dl className="facts">
        <dt>Accepted</dt>
        <dd>
          {formatCount(counts?.accepted ?? 0)} events{rate !== undefined && `, ${formatRate(rate)}/s now`}
        </dd>
        <dt>Rate limit</dt>
        <dd>{rateLimitText(source)}</dd>
        <dt>Credentials</dt>
        <dd>
          {Object.entries(source.credentials).map(([name, shown]) => (
            <div key={name}>
              {name} <span className="mono dim">{typeof shown === 'string' ? '' : (shown.hint ?? 'set')}</span>
            </div>
          ))}
        </dd>
        {source.retiringUntil !== null && (
          <>
            <dt>Old ones work until</dt>
            <dd>{formatMoment(source.retiringUntil)}</dd>
          </>
        )}
        <dt>Created</dt>
        <dd>{formatMoment(source.createdAt)}</dd>
        <dt>Changed</dt>
        <dd>{formatMoment(source.updatedAt)}</dd>
      </dl>
    </Panel>
  );
}

function rateLimitText({ rateLimit }: Source): string {
  if (rateLimit === undefined) return "the vendor's documented one";
  if (rateLimit === null) return 'none';
  const windows = 'requests' in rateLimit ? [rateLimit] : rateLimit;
  return windows.map(({ requests, perSeconds }) => `${formatCount(requests)} requests per ${perSeconds} s`).join(', ');
}

function Actions({ source }: { readonly source: Source }) {
  const { id, name } = source;
  const [asked, setAsked] = useState<'delete' | 'rotate' | null>(null);
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const changes = ['overview', 'sources'];
  const remove = useAction((client) => client.ask('DELETE', `/sources/${id}`), {
    changes: ['overview'],
    done: () => `${name} is deleted.`,
    onDone: () => void navigate('/sources'),
  });
  const rotate = useAction(
    (client, overlapSeconds: number) => client.ask<Source>('POST', `/sources/${id}/rotate`, { overlapSeconds }),
    {
      changes,
      done: () => 'New credentials are in place.',
      onDone: ({ credentials }) => {
        showOnce(`source ${id}`, credentials);
        setAsked(null);
      },
    },
  );
  if (!mayChange) return null;
  return (
    <>
      <Button variant="default" component={Link} to={`/sources/${id}/edit`}>
        Edit
      </Button>
      <Button variant="default" onClick={() => setAsked('rotate')}>
        Rotate
      </Button>
      <Button variant="light" color="red" onClick={() => setAsked('delete')}>
        Delete
      </Button>
      <RotateModal
        opened={asked === 'rotate'}
        what="credentials"
        busy={rotate.isPending}
        onRotate={rotate.mutate}
        onClose={() => setAsked(null)}
      />
      <Confirm
        opened={asked === 'delete'}
        title={`Delete ${name}?`}
        action="Delete"
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={() => setAsked(null)}
      >
        Its credentials stop working at once. Events that were accepted already go on.
      </Confirm>
    </>
  );
}
