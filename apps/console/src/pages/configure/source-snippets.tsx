import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Dialect, Source } from '../../api/types';
import { Snippet } from '../../parts/copy-text';
import { Panel } from '../../parts/page';
import { shownOnce } from './shown-once';

interface Shown {
  readonly title: string;
  readonly text: string;
  readonly note?: string | undefined;
}

/** What to change in a client so that it sends here, ready to be pasted. */
export function SourceSnippets({ source, dialect }: { readonly source: Source; readonly dialect: Dialect }) {
  const credentials = shownOnce(`source ${source.id}`);
  const snippets: readonly Shown[] = [
    { title: 'curl', text: curl(dialect, credentials) },
    ...dialect.clients.map(({ title, code, note }) => ({ title, text: fillIn(code, credentials), note })),
  ];
  const [title, setTitle] = useState('curl');
  const shown = snippets.find((snippet) => snippet.title === title) ?? snippets[0];
  const isComplete = Object.keys(source.credentials).every((name) => credentials[name] !== undefined);
  return (
    <Panel title="Send with it">
      <div className="stack">
        <SegmentedControl
          className="wrapping"
          size="xs"
          aria-label="Client"
          data={snippets.map((snippet) => snippet.title)}
          value={title}
          onChange={setTitle}
        />
        {shown && <Snippet text={shown.text} label={`settings for ${shown.title}`} />}
        {shown?.note !== undefined && <p>{shown.note}</p>}
        {!isComplete && <p className="dim">Put the stored credentials where a name in angle brackets stands.</p>}
        <p className="dim">
          Where other paths of this host are taken, <code className="mono">{`${location.origin}/${dialect.name}`}</code>{' '}
          serves the same paths.
        </p>
      </div>
    </Panel>
  );
}

function fillIn(text: string, credentials: Readonly<Record<string, string>>): string {
  const known: Readonly<Record<string, string>> = { ...credentials, baseUrl: location.origin };
  return text.replace(/<([A-Za-z]+)>/g, (placeholder, name: string) => known[name] ?? placeholder);
}

function curl({ sample }: Dialect, credentials: Readonly<Record<string, string>>): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [
    'curl -sS -i',
    quote(location.origin + sample.path),
    ...Object.entries(sample.headers).map(([name, value]) => `-H ${quote(fillIn(`${name}: ${value}`, credentials))}`),
    `-d ${quote(fillIn(JSON.stringify(sample.body, null, 2), credentials))}`,
  ];
  return parts.join(' \\\n  ');
}
