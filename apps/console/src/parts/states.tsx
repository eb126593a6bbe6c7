import { Button, Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { asProblem } from '../api/client';

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Loading({ rows = 5 }: { readonly rows?: number }) {
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={28} radius="sm" />
      ))}
    </div>
  );
}

export function Fault({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { status, message } = asProblem(error);
  return (
    <div className="state" role="alert">
      <strong>{status === 404 ? 'Not found' : status === 0 ? 'No answer' : 'That did not work'}</strong>
      <p>{message}</p>
      {onRetry && (
        <Button variant="default" size="xs" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What came last stays on screen while a later look fails; the shell says that the gateway is away. */
export function Loaded<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Fault error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading />;
}
