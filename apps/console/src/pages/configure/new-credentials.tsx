import { Alert, Button } from '@mantine/core';
import { useState } from 'react';
import { CopyText } from '../../parts/copy-text';
import { forgetShown, shownOnce } from './shown-once';

/** Credentials that were generated just now, to be copied while they can be seen. */
export function NewCredentials({ of }: { readonly of: string }) {
  const [, redraw] = useState(0);
  const credentials = Object.entries(shownOnce(of));
  if (credentials.length === 0) return null;
  return (
    <Alert color="green" title="New credentials: shown this once" className="new-credentials">
      <dl className="facts">
        {credentials.map(([name, text]) => (
          <div key={name} className="secret">
            <dt>{name}</dt>
            <dd className="row">
              <code className="mono">{text}</code>
              <CopyText text={text} label={`Copy ${name}`} />
            </dd>
          </div>
        ))}
      </dl>
      <Button
        size="xs"
        variant="default"
        mt="sm"
        onClick={() => {
          forgetShown(of);
          redraw((count) => count + 1);
        }}
      >
        I have kept them
      </Button>
    </Alert>
  );
}
