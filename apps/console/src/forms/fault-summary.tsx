import { Alert, Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Problem } from '../api/client';

interface FaultSummaryProps {
  readonly problem: Problem | null;
  /** Opens the form anew with what holds now; absent where nothing is stored yet. */
  readonly onReload?: (() => void) | undefined;
}

/** Everything that was wrong in one place, for those who do not see the whole form at once. */
export function FaultSummary({ problem, onReload }: FaultSummaryProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem) box.current?.focus();
  }, [problem]);
  if (!problem) return null;
  if (problem.code === 'changed_meanwhile' && onReload)
    return (
      <Alert ref={box} tabIndex={-1} color="yellow" role="alert" title="Somebody changed it meanwhile">
        <p>Nothing was saved, so that their change holds. Load what it is now, and make yours again.</p>
        <Button variant="default" size="compact-sm" onClick={onReload}>
          Load what it is now
        </Button>
      </Alert>
    );
  return (
    <Alert ref={box} tabIndex={-1} color="red" role="alert" title="It was not saved">
      {problem.errors.length === 0 ? (
        problem.message
      ) : (
        <ul>
          {problem.errors.map(({ pointer, message }) => (
            <li key={pointer + message}>
              <code>{pointer === '' ? 'document' : pointer.slice(1).replaceAll('/', '.')}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
