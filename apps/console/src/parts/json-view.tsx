import type { ReactNode } from 'react';
import { CopyText } from './copy-text';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Colouring more than this would make the page wait. */
const MAX_COLOURED = 60_000;

interface JsonViewProps {
  readonly value: unknown;
  readonly label: string;
  /** Where there is little room beside other things. */
  readonly dense?: boolean;
}

/** Any JSON, readable and to be copied. */
export function JsonView({ value, label, dense = false }: JsonViewProps) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, dense ? 1 : 2);
  return (
    <div className="snippet">
      <pre className={dense ? 'json json-dense' : 'json'} tabIndex={0} role="region" aria-label={label}>
        {text.length > MAX_COLOURED ? text : coloured(text)}
      </pre>
      <CopyText text={text} label={`Copy ${label}`} />
    </div>
  );
}

/** What a body says, if it is JSON; else the text as it is. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, colon] = match;
    parts.push(text.slice(end, match.index));
    const className = quoted === undefined ? 'json-value' : colon === undefined ? 'json-text' : 'json-key';
    parts.push(
      <span key={match.index} className={className}>
        {token}
      </span>,
    );
    end = match.index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
}
