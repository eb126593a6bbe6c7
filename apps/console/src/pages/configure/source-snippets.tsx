import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Dialect, Json, Source } from '../../api/types';
import { Snippet } from '../../parts/copy-text';
import { Panel } from '../../parts/page';
import { shownOnce } from './shown-once';

/** What to change in a client so that it sends here, ready to be pasted. */
export function SourceSnippets({ source, dialect }: { readonly source: Source; readonly dialect: Dialect }) {
  const [shown, setShown] = useState('curl');
  const credentials = shownOnce(`source ${source.id}`);
  const isComplete = Object.keys(source.credentials).every((name) => credentials[name] !== undefined);
  return (
    <Panel
      title="Send with it"
      beside={
        <SegmentedControl
          size="xs"
          aria-label="Kind of snippet"
          data={[
            { value: 'curl', label: 'curl' },
            { value: 'sdk', label: 'SDK settings' },
          ]}
          value={shown}
          onChange={setShown}
        />
      }
    >
      <div className="stack">
        {shown === 'curl' ? (
          <Snippet text={curl(dialect, credentials)} label="curl command" />
        ) : (
          <Snippet text={settings(dialect, source, credentials)} label="SDK settings" />
        )}
        {!isComplete && <span className="dim">Put the stored credentials where a name in angle brackets stands.</span>}
      </div>
    </Panel>
  );
}

function fillIn(text: string, credentials: Readonly<Record<string, string>>): string {
  return text.replace(/<([A-Za-z]+)>/g, (placeholder, name: string) => credentials[name] ?? placeholder);
}

function curl({ sample }: Dialect, credentials: Readonly<Record<string, string>>): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [
    `curl -sS -i ${quote(location.origin + sample.path)}`,
    ...Object.entries(sample.headers).map(([name, value]) => `-H ${quote(fillIn(`${name}: ${value}`, credentials))}`),
    `-d ${quote(fillIn(JSON.stringify(sample.body satisfies Json), credentials))}`,
  ];
  return parts.join(' \\\n  ');
}

/** Every client of these vendors takes the host and the credentials; paths stay as they are. */
function settings(
  { title, name, routes }: Dialect,
  source: Source,
  credentials: Readonly<Record<string, string>>,
): string {
  const members = Object.keys(source.credentials).map((member) => `${member}: ${credentials[member] ?? `<${member}>`}`);
  return [
    `# ${title}: change the host, keep the paths`,
    `host: ${location.origin}`,
    ...members,
    '',
    `# or, where other paths of this host are taken: ${location.origin}/${name}`,
    '# paths it serves',
    ...routes.map(({ method, path }) => `${method} ${path}`),
  ].join('\n');
}
