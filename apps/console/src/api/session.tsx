import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from 'react';
import { Client } from './client';
import type { Me } from './types';

/** Gone with the tab; the token is kept nowhere else. */
const STORAGE_KEY = 'gateway.admin-token';

interface Session {
  /** Null: nobody is logged in. */
  readonly client: Client | null;
  /** Why the log-in page is shown again. */
  readonly notice: string | null;
  readonly logIn: (token: string) => Promise<void>;
  readonly logOut: (notice?: string) => void;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [token, setToken] = useState(() => sessionStorage.getItem(STORAGE_KEY));
  const [notice, setNotice] = useState<string | null>(null);
  const queries = useQueryClient();

  const logOut = useCallback(
    (why: string | null = null) => {
      sessionStorage.removeItem(STORAGE_KEY);
      setToken(null);
      setNotice(why);
      queries.clear();
    },
    [queries],
  );
  const logIn = useCallback(async (candidate: string) => {
    await readMe(new Client(candidate, () => undefined));
    sessionStorage.setItem(STORAGE_KEY, candidate);
    setNotice(null);
    setToken(candidate);
  }, []);
  const session = useMemo<Session>(
    () => ({
      client: token === null ? null : new Client(token, () => logOut('The token is not accepted any more.')),
      notice,
      logIn,
      logOut,
    }),
    [token, notice, logIn, logOut],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('There is no SessionProvider above.');
  return session;
}

export function useClient(): Client {
  const { client } = useSession();
  if (!client) throw new Error('Nobody is logged in.');
  return client;
}

function readMe(client: Client): Promise<Me> {
  return client.get<Me>('/me');
}

export function useMe(): Me | undefined {
  const client = useClient();
  return useQuery({ queryKey: ['me'], queryFn: () => readMe(client), staleTime: Infinity }).data;
}

/** False for viewers: they see everything and change nothing. */
export function useMayChange(): boolean {
  return useMe()?.role === 'admin';
}
