import { ActionIcon, Button, NativeSelect, NumberInput } from '@mantine/core';
import type { RateWindow } from '../api/types';
import { CrossIcon, PlusIcon } from '../parts/icons';

/** Undefined: the vendor's; null: none. */
export type RateLimitValue = RateWindow | readonly RateWindow[] | null | undefined;

interface RateLimitFieldProps {
  readonly value: RateLimitValue;
  readonly usual: string;
  readonly error: string | undefined;
  readonly onChange: (value: RateLimitValue) => void;
}

const FIRST: RateWindow = { requests: 100, perSeconds: 1 };

export function RateLimitField({ value, usual, error, onChange }: RateLimitFieldProps) {
  const kind = value === undefined ? 'usual' : value === null ? 'none' : 'own';
  const windows: readonly RateWindow[] =
    value === undefined || value === null ? [] : 'requests' in value ? [value] : value;
  const replace = (index: number, window: RateWindow): void =>
    onChange(windows.map((old, at) => (at === index ? window : old)));
  const choose = (next: string): void => onChange(next === 'usual' ? undefined : next === 'none' ? null : [FIRST]);
  return (
    <div className="pairs">
      <NativeSelect
        label="Rate limit"
        error={error}
        value={kind}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: 'usual', label: usual },
          { value: 'own', label: 'Own limit' },
          { value: 'none', label: 'No limit' },
        ]}
      />
      {windows.map((window, index) => (
        <div className="row" key={index}>
          <NumberInput
            aria-label={`Requests ${index + 1}`}
            w={110}
            hideControls
            value={window.requests}
            onChange={(next) => typeof next === 'number' && replace(index, { ...window, requests: next })}
          />
          requests per
          <NumberInput
            aria-label={`Seconds ${index + 1}`}
            w={90}
            hideControls
            value={window.perSeconds}
            onChange={(next) => typeof next === 'number' && replace(index, { ...window, perSeconds: next })}
          />
          s
          {windows.length > 1 && (
            <ActionIcon
              variant="default"
              aria-label={`Remove window ${index + 1}`}
              onClick={() => onChange(windows.filter((_, at) => at !== index))}
            >
              <CrossIcon size={14} />
            </ActionIcon>
          )}
        </div>
      ))}
      {kind === 'own' && (
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={14} />}
            onClick={() => onChange([...windows, { requests: 1_000, perSeconds: 60 }])}
          >
            Add a window
          </Button>
        </div>
      )}
    </div>
  );
}
