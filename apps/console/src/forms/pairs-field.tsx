import { ActionIcon, Button, Input, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { CrossIcon, PlusIcon } from '../parts/icons';

type Pair = readonly [name: string, text: string];

interface PairsFieldProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly names: readonly [left: string, right: string];
  readonly value: Readonly<Record<string, unknown>> | undefined;
  readonly error?: string | undefined;
  readonly onChange: (value: Readonly<Record<string, string>> | undefined) => void;
}

/** Names with a text each. */
export function PairsField({ label, description, names, value, error, onChange }: PairsFieldProps) {
  const [pairs, setPairs] = useState<readonly Pair[]>(() =>
    Object.entries(value ?? {}).map(([name, text]): Pair => [name, String(text)]),
  );
  const change = (next: readonly Pair[]): void => {
    setPairs(next);
    const filled = next.filter(([name]) => name !== '');
    onChange(filled.length === 0 ? undefined : Object.fromEntries(filled));
  };
  const replace = (index: number, pair: Pair): void => change(pairs.map((old, at) => (at === index ? pair : old)));
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div">
      <div className="pairs" role="group" aria-label={label}>
        {pairs.map(([name, text], index) => (
          <div className="entry-row" key={index}>
            <TextInput
              aria-label={`${label}: ${names[0]} ${index + 1}`}
              placeholder={names[0]}
              value={name}
              onChange={(event) => replace(index, [event.currentTarget.value, text])}
            />
            <TextInput
              aria-label={`${label}: ${names[1]} ${index + 1}`}
              placeholder={names[1]}
              value={text}
              onChange={(event) => replace(index, [name, event.currentTarget.value])}
            />
            <ActionIcon
              variant="default"
              size="input-sm"
              aria-label={`Remove ${name === '' ? `line ${index + 1}` : name}`}
              onClick={() => change(pairs.filter((_, at) => at !== index))}
            >
              <CrossIcon size={14} />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={14} />}
            aria-label={`${label}: add a line`}
            onClick={() => change([...pairs, ['', '']])}
          >
            Add
          </Button>
        </div>
      </div>
    </Input.Wrapper>
  );
}
