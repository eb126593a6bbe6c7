import { Textarea } from '@mantine/core';
import { useRef, useState, type ReactNode } from 'react';
import type { Json } from '../api/types';

interface JsonFieldProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly placeholder?: string;
  readonly value: Json | undefined;
  readonly error?: string | undefined;
  readonly withAsterisk?: boolean;
  readonly minRows?: number;
  readonly onChange: (value: Json | undefined) => void;
}

/** Free JSON. A text that is none keeps its form from being sent. */
export function JsonField({ value, onChange, error, minRows = 3, ...shown }: JsonFieldProps) {
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const [isBroken, setBroken] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const change = (next: string): void => {
    setText(next);
    const parsed = parse(next);
    setBroken(parsed === 'broken');
    field.current?.setCustomValidity(parsed === 'broken' ? 'This is not valid JSON.' : '');
    if (parsed !== 'broken') onChange(parsed.value);
  };
  return (
    <Textarea
      {...shown}
      ref={field}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      error={isBroken ? 'This is not valid JSON.' : error}
      rows={minRows}
      resize="vertical"
      spellCheck={false}
      classNames={{ input: 'mono' }}
    />
  );
}

function parse(text: string): { readonly value: Json | undefined } | 'broken' {
  if (text.trim() === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return 'broken';
  }
}
