import { NativeSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../api/client';
import { useDialects } from '../../api/queries';
import { useClient } from '../../api/session';
import type { Dialect, GatewayEvent, JsonObject, Page, Preview } from '../../api/types';
import { formatTime } from '../../parts/format';
import { Panel } from '../../parts/page';
import { Loading } from '../../parts/states';
import { RehearsalView } from '../playground/rehearsal-view';

const SETTLE_MS = 400;

/** What the destination would be sent if it were saved as it stands in the form. */
export function DraftPreview({ document }: { readonly document: JsonObject }) {
  const client = useClient();
  const dialects = useDialects().data ?? [];
  const recent = useRecentEvents();
  const [chosen, setChosen] = useState('');
  const example = chosen === '' ? (recent[0]?.id ?? dialects[0]?.name ?? '') : chosen;
  const [settled] = useDebouncedValue(JSON.stringify(document), SETTLE_MS);
  const preview = useQuery({
    queryKey: ['draft-preview', settled, example],
    enabled: example !== '',
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const destination = JSON.parse(settled) as JsonObject;
      return client.ask<Preview>('POST', '/preview', { ...exampleOf(example, dialects), destination }, { signal });
    },
  });
  const [rehearsal] = preview.data?.destinations ?? [];
  return (
    <Panel title="Preview">
      <div className="stack">
        <NativeSelect
          label="With the event"
          value={example}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={[
            {
              group: 'Received lately',
              items: recent.map(({ id, ...event }) => ({ value: id, label: labelOf(event) })),
            },
            {
              group: 'Examples',
              items: dialects.map(({ name, title }) => ({ value: name, label: `${title} example` })),
            },
          ]}
        />
        {preview.isError ? (
          <p className="dim">{faultText(preview.error)}</p>
        ) : rehearsal ? (
          <RehearsalView rehearsal={rehearsal} matched={rehearsal.matched} rule={rehearsal.rule} />
        ) : (
          <Loading rows={3} />
        )}
      </div>
    </Panel>
  );
}

function useRecentEvents(): readonly GatewayEvent[] {
  const client = useClient();
  const recent = useQuery({
    queryKey: ['recent-examples'],
    queryFn: ({ signal }) => client.get<Page<GatewayEvent>>('/events?limit=20', signal),
    staleTime: Infinity,
    gcTime: 0,
  });
  return recent.data?.data ?? [];
}

function exampleOf(chosen: string, dialects: readonly Dialect[]): JsonObject {
  const dialect = dialects.find(({ name }) => name === chosen);
  if (!dialect) return { eventIds: [chosen] };
  const { path, body, headers } = dialect.sample;
  return { dialect: dialect.name, path, body, headers };
}

function labelOf({ event, source, received_at }: Omit<GatewayEvent, 'id'>): string {
  return `${event} · ${source.id} · ${formatTime(received_at)}`;
}

function faultText(error: unknown): string {
  const { errors, message } = asProblem(error);
  const [first] = errors;
  if (!first) return message;
  return `Not complete yet: ${first.pointer.slice(1).replaceAll('/', '.')} ${first.message}.`;
}
