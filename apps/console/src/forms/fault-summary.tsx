import { Alert } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Problem } from '../api/client';

/** Everything that was wrong in one place, for those who do not see the whole form at once. */
export function FaultSummary({ problem }: { readonly problem: Problem | null }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem) box.current?.focus();
  }, [problem]);
  if (!problem) return null;
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
