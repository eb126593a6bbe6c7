import { ActionIcon, CopyButton } from '@mantine/core';
import { CheckIcon, CopyIcon } from './icons';

export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => (
        <ActionIcon className="copy" variant="default" size="sm" aria-label={copied ? 'Copied' : label} onClick={copy}>
          {copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
        </ActionIcon>
      )}
    </CopyButton>
  );
}

/** A text to be copied as it stands. */
export function Snippet({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className="snippet">
      <pre className="json json-wrap" tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <CopyText text={text} label={`Copy ${label}`} />
    </div>
  );
}
