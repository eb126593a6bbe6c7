import { Button, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { asProblem, type Tagged } from '../../api/client';
import type { Dialect, Json, JsonObject, Source } from '../../api/types';
import { FaultSummary } from '../../forms/fault-summary';
import { Faults } from '../../forms/faults';
import { RateLimitField, type RateLimitValue } from '../../forms/rate-limit-field';
import { SchemaFields } from '../../forms/schema-fields';
import { useAction } from '../../parts/action';
import { Panel } from '../../parts/page';
import { showOnce } from './shown-once';

interface SourceFormProps {
  readonly dialects: readonly Dialect[];
  /** Absent: a new one. */
  readonly opened?: Tagged<Source>;
  /** Opens the form anew with what holds now. */
  readonly onReload?: () => void;
}

export function SourceForm({ dialects, opened, onReload }: SourceFormProps) {
  const navigate = useNavigate();
  // What it was opened with, whatever is read meanwhile.
  const [{ value: stored, etag } = { value: undefined, etag: undefined }] = useState(opened);
  const [name, setName] = useState(stored?.name ?? '');
  const [id, setId] = useState('');
  const [dialectName, setDialectName] = useState(stored?.dialect ?? dialects[0]?.name ?? '');
  const [credentials, setCredentials] = useState<JsonObject>({});
  const [enabled, setEnabled] = useState(stored?.enabled ?? true);
  const [rateLimit, setRateLimit] = useState<RateLimitValue>(stored?.rateLimit);
  const save = useAction(
    (client, document: JsonObject) =>
      stored
        ? client.ask<Source>('PUT', `/sources/${stored.id}`, document, { ifMatch: etag })
        : client.ask<Source>('POST', '/sources', document),
    {
      changes: ['overview', 'sources'],
      quiet: true,
      done: (source) => `${source.name} is saved.`,
      onDone: (source) => {
        showOnce(`source ${source.id}`, source.credentials);
        void navigate(`/sources/${source.id}`);
      },
    },
  );
  const problem = save.error ? asProblem(save.error) : null;
  const faults = new Faults(problem);
  const dialect = dialects.find((known) => known.name === dialectName);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const given: JsonObject = {
      name,
      dialect: dialectName,
      enabled,
      credentials,
      ...(id === '' ? {} : { id }),
      ...(rateLimit === undefined ? {} : { rateLimit: rateLimit as Json }),
    };
    save.mutate(given);
  };

  return (
    <form className="stack form" onSubmit={submit}>
      <FaultSummary problem={problem} onReload={onReload} />
      <Panel title="Who sends">
        <div className="form-section">
          <TextInput
            label="Name"
            withAsterisk
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={faults.at('/name')}
            placeholder="iOS app"
          />
          {!stored && (
            <TextInput
              label="Id"
              description="In addresses and rules; made from the name if left empty."
              value={id}
              onChange={(event) => setId(event.currentTarget.value)}
              error={faults.at('/id')}
            />
          )}
          <NativeSelect
            label="Dialect"
            description="The vendor whose language it speaks."
            data={dialects.map(({ name: value, title }) => ({ value, label: title }))}
            value={dialectName}
            onChange={(event) => {
              setDialectName(event.currentTarget.value);
              setCredentials({});
            }}
            error={faults.at('/dialect')}
          />
          <Switch
            label="Enabled"
            description="A disabled source is refused at the door."
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
        </div>
      </Panel>
      {dialect && (
        <Panel title="Credentials">
          <div className="form-section">
            <p className="dim">
              Give the keys that are in use today and no client needs a new one; what is left empty is generated in the
              vendor&rsquo;s style and shown once.
            </p>
            <SchemaFields
              key={dialect.name}
              schema={dialect.credentialsSchema}
              value={credentials}
              pointer="/credentials"
              faults={faults}
              onChange={setCredentials}
              secrets={{
                stored: stored?.dialect === dialect.name ? stored.credentials : {},
                whenEmpty: 'Generated if left empty',
              }}
            />
          </div>
        </Panel>
      )}
      <Panel title="Limits">
        <RateLimitField
          value={rateLimit}
          usual="The vendor's documented limit"
          error={faults.within('/rateLimit')}
          onChange={setRateLimit}
        />
      </Panel>
      <div className="row">
        <Button type="submit" loading={save.isPending}>
          {stored ? 'Save' : 'Create source'}
        </Button>
        <Button variant="default" onClick={() => void navigate(-1)}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
