import { MultiSelect, TagsInput } from '@mantine/core';
import { useDialects, useOverview } from '../../api/queries';
import type { Json, JsonObject } from '../../api/types';
import type { Faults } from '../../forms/faults';
import { JsonField } from '../../forms/json-field';
import { PairsField } from '../../forms/pairs-field';

interface PartFieldsProps {
  readonly value: JsonObject;
  readonly faults: Faults;
  readonly onChange: (value: JsonObject) => void;
}

/** Which events are wanted: an empty field lets all pass. */
export function MatchFields({ value, faults, onChange }: PartFieldsProps) {
  const sources = useOverview().data?.sources ?? [];
  const dialects = useDialects().data ?? [];
  const change = changer(value, onChange);
  return (
    <div className="form-section">
      <MultiSelect
        label="Sources"
        placeholder={listOf(value.sources).length === 0 ? 'All' : undefined}
        data={sources.map(({ id, name }) => ({ value: id, label: name }))}
        value={listOf(value.sources)}
        onChange={(next) => change('sources', listed(next))}
        error={faults.within('/match/sources')}
        searchable
        limit={50}
      />
      <MultiSelect
        label="Dialects"
        placeholder={listOf(value.dialects).length === 0 ? 'All' : undefined}
        data={dialects.map(({ name, title }) => ({ value: name, label: title }))}
        value={listOf(value.dialects)}
        onChange={(next) => change('dialects', listed(next))}
        error={faults.within('/match/dialects')}
      />
      <TagsInput
        label="Events"
        description="Names; * and ? stand for any text and any one character. Enter adds one."
        placeholder={listOf(value.events).length === 0 ? 'All' : undefined}
        value={listOf(value.events)}
        onChange={(next) => change('events', listed(next))}
        error={faults.within('/match/events')}
        acceptValueOnBlur
      />
      <JsonField
        label="Condition"
        description="On dotted paths of the event, as MongoDB writes it."
        placeholder='{ "properties.plan": { "$ne": "free" } }'
        value={value.where}
        onChange={(next) => change('where', next)}
        error={faults.within('/match/where')}
      />
    </div>
  );
}

/** How events are changed on their way to this destination only. */
export function TransformFields({ value, faults, onChange }: PartFieldsProps) {
  const change = changer(value, onChange);
  return (
    <div className="form-section">
      <PairsField
        label="Rename events"
        names={['From', 'To']}
        value={mapOf(value.renameEvents)}
        onChange={(next) => change('renameEvents', next)}
        error={faults.within('/transform/renameEvents')}
      />
      <PairsField
        label="Rename properties"
        names={['From', 'To']}
        value={mapOf(value.renameProperties)}
        onChange={(next) => change('renameProperties', next)}
        error={faults.within('/transform/renameProperties')}
      />
      <TagsInput
        label="Drop properties"
        description="Names; * stands for any text."
        value={listOf(value.dropProperties)}
        onChange={(next) => change('dropProperties', listed(next))}
        error={faults.within('/transform/dropProperties')}
        acceptValueOnBlur
      />
      <TagsInput
        label="Hash properties"
        description="Sent as SHA-256 in place of the value; * stands for any text."
        value={listOf(value.hashProperties)}
        onChange={(next) => change('hashProperties', listed(next))}
        error={faults.within('/transform/hashProperties')}
        acceptValueOnBlur
      />
      <TagsInput
        label="Hash identity"
        description="user_id, anonymous_id or members of identity, e.g. email."
        value={listOf(value.hashIdentity)}
        onChange={(next) => change('hashIdentity', listed(next))}
        error={faults.within('/transform/hashIdentity')}
        acceptValueOnBlur
      />
      <JsonField
        label="Set properties"
        placeholder='{ "env": "prod" }'
        value={value.setProperties}
        onChange={(next) => change('setProperties', next)}
        error={faults.within('/transform/setProperties')}
      />
    </div>
  );
}

function changer(value: JsonObject, onChange: (value: JsonObject) => void) {
  return (name: string, next: Json | undefined): void => {
    const others = Object.entries(value).filter(([other]) => other !== name);
    onChange(Object.fromEntries(next === undefined ? others : [...others, [name, next]]));
  };
}

function listed(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values;
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function mapOf(value: Json | undefined): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
