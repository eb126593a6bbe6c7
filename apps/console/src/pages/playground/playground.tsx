import { Alert, Button, NativeSelect } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { asProblem } from '../../api/client';
import { useOverview } from '../../api/queries';
import type { Dialect, Json, JsonObject, Preview } from '../../api/types';
import { JsonField } from '../../forms/json-field';
import { useAction } from '../../parts/action';
import { Panel } from '../../parts/page';
import { Empty } from '../../parts/states';
import { PreviewView } from './preview-view';
import './playground.css';

interface PreviewOrder {
  readonly dialect: string;
  readonly path: string;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sourceId?: string;
}

export function Playground({ dialects }: { readonly dialects: readonly Dialect[] }) {
  const preview = useAction((client, order: PreviewOrder) => client.ask<Preview>('POST', '/preview', order), {
    changes: [],
    quiet: true,
  });
  return (
    <div className="playground">
      <RequestForm dialects={dialects} busy={preview.isPending} onPreview={preview.mutate} />
      <div className="stack" aria-live="polite">
        {preview.isError && (
          <Alert color="red" title="This cannot be previewed">
            {textOf(preview.error)}
          </Alert>
        )}
        {preview.data ? (
          <PreviewView preview={preview.data} />
        ) : (
          <Empty title="Nothing tried yet">
            <p>The example is a request as the vendor&rsquo;s documents show it. Change it, or paste one of yours.</p>
          </Empty>
        )}
      </div>
    </div>
  );
}

function textOf(error: unknown): string {
  const { errors, message } = asProblem(error);
  return errors.length === 0 ? message : errors.map((fault) => `${fault.pointer.slice(1)} ${fault.message}`).join('; ');
}

interface RequestFormProps {
  readonly dialects: readonly Dialect[];
  readonly busy: boolean;
  readonly onPreview: (order: PreviewOrder) => void;
}

function RequestForm({ dialects, busy, onPreview }: RequestFormProps) {
  const [first] = dialects;
  const [name, setName] = useState(first?.name ?? '');
  const [path, setPath] = useState(first?.sample.path ?? '');
  const [body, setBody] = useState<Json | undefined>(first && withoutCredentials(first));
  const [sourceId, setSourceId] = useState('');
  const sources = useOverview().data?.sources ?? [];
  const dialect = dialects.find((known) => known.name === name);
  const choose = (chosen: string): void => {
    const next = dialects.find((known) => known.name === chosen);
    setName(chosen);
    setPath(next?.sample.path ?? '');
    setBody(next && withoutCredentials(next));
    setSourceId('');
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const headers = dialect?.sample.headers ?? {};
    onPreview({ dialect: name, path, headers, body: body ?? null, ...(sourceId === '' ? {} : { sourceId }) });
  };
  return (
    <form onSubmit={submit}>
      <Panel title="Request">
        <div className="form-section">
          <NativeSelect
            label="Dialect"
            data={dialects.map(({ name: value, title }) => ({ value, label: title }))}
            value={name}
            onChange={(event) => choose(event.currentTarget.value)}
          />
          <NativeSelect
            label="Path"
            data={dialect?.routes.map((route) => route.path) ?? []}
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <NativeSelect
            label="As if from"
            description="For destinations that want some sources only."
            value={sourceId}
            onChange={(event) => setSourceId(event.currentTarget.value)}
            data={[
              { value: '', label: 'no source in particular' },
              ...sources
                .filter((source) => source.dialect === name)
                .map((source) => ({ value: source.id, label: source.name })),
            ]}
          />
          <JsonField
            key={name}
            label="Body"
            description="Credentials may be left out."
            value={body}
            onChange={setBody}
            minRows={18}
          />
          <div>
            <Button type="submit" loading={busy}>
              Preview
            </Button>
          </div>
        </div>
      </Panel>
    </form>
  );
}

/** Members that only hold a placeholder for a credential need not be there. */
function withoutCredentials({ sample }: Dialect): JsonObject {
  const isPlaceholder = (value: Json | undefined): boolean => typeof value === 'string' && /^<\w+>$/.test(value);
  return Object.fromEntries(Object.entries(sample.body).filter(([, value]) => !isPlaceholder(value)));
}
