import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { asProblem, type Client } from '../api/client';
import { useClient } from '../api/session';

interface ActionSettings<A, R> {
  /** Shown when it worked. */
  readonly done?: (result: R, argument: A) => string;
  /** Queries whose answers it changes. */
  readonly changes: readonly string[];
  readonly onDone?: (result: R, argument: A) => void;
  /** True: the caller shows what went wrong itself. */
  readonly quiet?: boolean;
}

/** Something that changes the gateway: says how it went, and reads again what it changed. */
export function useAction<A, R>(
  act: (client: Client, argument: A) => Promise<R>,
  { done, changes, onDone, quiet = false }: ActionSettings<A, R>,
) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (argument: A) => act(client, argument),
    onSuccess: async (result, argument) => {
      await Promise.all(changes.map((name) => queries.invalidateQueries({ queryKey: [name] })));
      if (done) notifications.show({ message: done(result, argument), color: 'green', autoClose: 4_000 });
      onDone?.(result, argument);
    },
    onError: (error) => {
      const problem = asProblem(error);
      if (!quiet) notifications.show({ title: 'That did not work', message: problem.message, color: 'red' });
    },
  });
}
