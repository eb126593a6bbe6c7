import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { asProblem, type Tagged } from '../../api/client';
import type { Destination, DestinationType, JsonObject } from '../../api/types';
import { FaultSummary } from '../../forms/fault-summary';
import { Faults } from '../../forms/faults';
import { mergePatch } from '../../forms/merge-patch';
import { RateLimitField } from '../../forms/rate-limit-field';
import { SchemaFields } from '../../forms/schema-fields';
import { useAction } from '../../parts/action';
import { Panel } from '../../parts/page';
import { deliverySchemas } from './delivery-schemas';
import { documentOf, draftOf, emptyDraft, type DestinationDraft } from './destination-draft';
import { DraftPreview } from './draft-preview';
import { MatchFields, TransformFields } from './match-fields';
import { showOnce } from './shown-once';

interface DestinationFormProps {
  readonly types: readonly DestinationType[];
  /** Absent: a new one. */
  readonly opened?: Tagged<Destination>;
  /** Opens the form anew with what holds now. */
  readonly onReload?: () => void;
}

export function DestinationForm({ types, opened: given, onReload }: DestinationFormProps) {
  // What it was opened with, whatever is read meanwhile.
  const [opened] = useState(given);
  const stored = opened?.value;
  const storedType = types.find(({ type }) => type === stored?.type);
  const [initial] = useState(() =>
    stored && storedType
      ? draftOf(stored, storedType)
      : emptyDraft(types.some(({ type }) => type === 'webhook') ? 'webhook' : (types[0]?.type ?? '')),
  );
  const [draft, setDraft] = useState(initial);
  const change = (changes: Partial<DestinationDraft>): void => setDraft((before) => ({ ...before, ...changes }));
  const save = useSave(opened, initial);
  const problem = save.error ? asProblem(save.error) : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(draft);
  };
  const type = types.find((known) => known.type === draft.type);
  const parts = { draft, change, faults: new Faults(problem) };
  return (
    <div className="form-and-preview">
      <form className="stack form" onSubmit={submit}>
        <FaultSummary problem={problem} onReload={onReload} />
        <Panel title="Who receives">
          <Basics {...parts} types={types} stored={stored} />
        </Panel>
        {type && <TypeFields key={type.type} {...parts} type={type} stored={stored} />}
        <Panel title="Which events">
          <MatchFields value={draft.match} faults={parts.faults} onChange={(match) => change({ match })} />
        </Panel>
        <Panel title="Changed on the way">
          <TransformFields
            value={draft.transform}
            faults={parts.faults}
            onChange={(transform) => change({ transform })}
          />
        </Panel>
        {type && <DeliveryFields {...parts} type={type} />}
        <FormButtons busy={save.isPending} label={stored ? 'Save' : 'Create destination'} />
      </form>
      <aside>
        <DraftPreview document={documentOf({ ...draft, name: draft.name === '' ? 'preview' : draft.name })} />
      </aside>
    </div>
  );
}

/** A null in a patch gives the default back, so that no rate limit at all takes the whole document. */
function useSave(opened: Tagged<Destination> | undefined, initial: DestinationDraft) {
  const navigate = useNavigate();
  return useAction(
    (client, draft: DestinationDraft) => {
      const document = documentOf(draft);
      if (!opened) return client.ask<Destination>('POST', '/destinations', document);
      const path = `/destinations/${opened.value.id}`;
      const condition = { ifMatch: opened.etag };
      if (draft.rateLimit === null) return client.ask<Destination>('PUT', path, document, condition);
      const changes = mergePatch(documentOf({ ...initial, credentials: {} }), document);
      return client.ask<Destination>('PATCH', path, changes, condition);
    },
    {
      changes: ['overview', 'destinations'],
      quiet: true,
      done: ({ name }) => `${name} is saved.`,
      onDone: ({ id, credentials }) => {
        showOnce(`destination ${id}`, credentials);
        void navigate(`/destinations/${id}`);
      },
    },
  );
}

interface PartProps {
  readonly draft: DestinationDraft;
  readonly change: (changes: Partial<DestinationDraft>) => void;
  readonly faults: Faults;
}

interface BasicsProps extends PartProps {
  readonly types: readonly DestinationType[];
  readonly stored: Destination | undefined;
}

function Basics({ draft, change, faults, types, stored }: BasicsProps) {
  const type = types.find((known) => known.type === draft.type);
  return (
    <div className="form-section">
      <TextInput
        label="Name"
        withAsterisk
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        error={faults.at('/name')}
        placeholder="Warehouse"
      />
      {!stored && (
        <TextInput
          label="Id"
          description="In addresses; made from the name if left empty."
          value={draft.id}
          onChange={(event) => change({ id: event.currentTarget.value })}
          error={faults.at('/id')}
        />
      )}
      <NativeSelect
        label="Type"
        description={type?.description}
        data={types.map(({ type: value, title }) => ({ value, label: title }))}
        value={draft.type}
        onChange={(event) => change({ type: event.currentTarget.value, config: {}, credentials: {} })}
        error={faults.at('/type')}
      />
    </div>
  );
}

interface TypeFieldsProps extends PartProps {
  readonly type: DestinationType;
  readonly stored?: Destination | undefined;
}

function TypeFields({ draft, change, faults, type, stored }: TypeFieldsProps) {
  const { configSchema, credentialsSchema } = type;
  const isEmpty = Object.keys({ ...configSchema.properties, ...credentialsSchema.properties }).length === 0;
  if (isEmpty) return null;
  return (
    <Panel title={type.title}>
      <div className="form-section">
        <SchemaFields
          schema={configSchema}
          value={draft.config}
          pointer="/config"
          faults={faults}
          onChange={(config: JsonObject) => change({ config })}
        />
        <SchemaFields
          schema={credentialsSchema}
          value={draft.credentials}
          pointer="/credentials"
          faults={faults}
          onChange={(credentials: JsonObject) => change({ credentials })}
          secrets={{ stored: stored?.type === type.type ? stored.credentials : {}, whenEmpty: '' }}
        />
      </div>
    </Panel>
  );
}

function DeliveryFields({ draft, change, faults, type }: PartProps & { readonly type: DestinationType }) {
  const { batch, retry, pace } = deliverySchemas(type);
  return (
    <Panel title="Delivery" beside={<span className="dim">what is left empty follows the type</span>}>
      <div className="stack">
        <div className="field-grid">
          <SchemaFields
            schema={batch}
            value={draft.batch}
            pointer="/batch"
            faults={faults}
            onChange={(next) => change({ batch: next })}
          />
        </div>
        <div className="field-grid">
          <SchemaFields
            schema={pace}
            value={draft.pace}
            pointer=""
            faults={faults}
            onChange={(next) => change({ pace: next })}
          />
        </div>
        <div className="field-grid">
          <SchemaFields
            schema={retry}
            value={draft.retry}
            pointer="/retry"
            faults={faults}
            onChange={(next) => change({ retry: next })}
          />
        </div>
        <RateLimitField
          value={draft.rateLimit}
          usual="The type's own"
          error={faults.within('/rateLimit')}
          onChange={(rateLimit) => change({ rateLimit })}
        />
      </div>
    </Panel>
  );
}

function FormButtons({ busy, label }: { readonly busy: boolean; readonly label: string }) {
  const navigate = useNavigate();
  return (
    <div className="row">
      <Button type="submit" loading={busy}>
        {label}
      </Button>
      <Button variant="default" onClick={() => void navigate(-1)}>
        Cancel
      </Button>
    </div>
  );
}
