import { NativeSelect, NumberInput, PasswordInput, Switch, TagsInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Json, JsonObject, Schema, ShownCredential } from '../api/types';
import { inWords } from '../parts/format';
import { below, type Faults } from './faults';
import { JsonField } from './json-field';
import { PairsField } from './pairs-field';

interface SchemaFieldsProps {
  /** Of an object. */
  readonly schema: Schema;
  readonly value: JsonObject;
  /** Of the object in the document that is sent. */
  readonly pointer: string;
  readonly faults: Faults;
  readonly onChange: (value: JsonObject) => void;
  /** Credentials: what is stored already, and what happens to those left empty. */
  readonly secrets?: {
    readonly stored: Readonly<Record<string, ShownCredential>>;
    readonly whenEmpty: string;
  };
}

/** Fields for the members of an object, as its JSON Schema describes them; whether they are right the server says. */
export function SchemaFields({ schema, value, pointer, faults, onChange, secrets }: SchemaFieldsProps) {
  const members = Object.entries(schema.properties ?? {});
  return members.map(([name, member]) => {
    const change = (next: Json | undefined): void => {
      const others = Object.entries(value).filter(([other]) => other !== name);
      onChange(Object.fromEntries(next === undefined ? others : [...others, [name, next]]));
    };
    const field = {
      name,
      schema: member,
      value: value[name],
      required: schema.required?.includes(name) === true,
      error: faults.within(below(pointer, name)),
      onChange: change,
    };
    return secrets ? (
      <SecretField key={name} {...field} stored={secrets.stored[name]} whenEmpty={secrets.whenEmpty} />
    ) : (
      <Field key={name} {...field} />
    );
  });
}

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: Json | undefined;
  readonly required: boolean;
  readonly error: string | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

function Field({ name, schema, value, required, error, onChange }: FieldProps) {
  const shown = {
    label: schema.title ?? inWords(name),
    description: withCode(schema.description),
    withAsterisk: required,
    error,
  };
  const hint = placeholderOf(schema);
  if (schema.enum) {
    const named = schema.enum.map((choice) => ({ value: textOf(choice), label: inWords(textOf(choice)) }));
    const choices = [
      {
        value: '',
        label: schema.default === undefined ? 'Not set' : `Usual (${inWords(textOf(schema.default)).toLowerCase()})`,
      },
      ...named,
    ];
    const change = (text: string): void => onChange(text === '' ? undefined : text);
    return (
      <NativeSelect
        {...shown}
        data={choices}
        value={textOf(value)}
        onChange={(event) => change(event.currentTarget.value)}
      />
    );
  }
  if (schema.type === 'boolean') {
    return (
      <Switch
        label={shown.label}
        description={shown.description}
        error={error}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    return (
      <NumberInput
        {...shown}
        placeholder={hint}
        value={typeof value === 'number' ? value : ''}
        allowDecimal={schema.type === 'number'}
        thousandSeparator=","
        hideControls
        onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
      />
    );
  }
  if (schema.type === 'string') {
    return (
      <TextInput
        {...shown}
        placeholder={hint}
        value={textOf(value)}
        onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      />
    );
  }
  if (schema.type === 'array' && schema.items?.type === 'string') {
    return (
      <TagsInput {...shown} value={listOf(value)} onChange={(next) => onChange(next.length === 0 ? undefined : next)} />
    );
  }
  if (isTextMap(schema)) {
    return <PairsField {...shown} names={['Name', 'Value']} value={mapOf(value)} onChange={onChange} />;
  }
  return <JsonField {...shown} value={value} onChange={onChange} />;
}

interface SecretFieldProps extends FieldProps {
  readonly stored: ShownCredential | undefined;
  readonly whenEmpty: string;
}

function SecretField({ name, schema, value, required, error, onChange, stored, whenEmpty }: SecretFieldProps) {
  const isKept = typeof stored === 'object';
  const placeholder = isKept ? `Kept as it is${stored.hint === undefined ? '' : ` (${stored.hint})`}` : whenEmpty;
  return (
    <PasswordInput
      label={schema.title ?? inWords(name)}
      description={withCode(schema.description)}
      withAsterisk={required && !isKept}
      error={error}
      placeholder={placeholder}
      value={textOf(value)}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  );
}

/** `like this`, as descriptions mark what is to be typed. */
function withCode(text: string | undefined): ReactNode {
  return text?.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}

function placeholderOf(schema: Schema): string | undefined {
  const example = schema.default ?? schema.examples?.[0];
  return example === undefined ? undefined : textOf(example);
}

function isTextMap({ type, additionalProperties, properties }: Schema): boolean {
  return (
    type === 'object' &&
    !properties &&
    typeof additionalProperties === 'object' &&
    additionalProperties.type === 'string'
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function mapOf(value: Json | undefined): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
