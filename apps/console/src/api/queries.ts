import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Client } from './client';
import { RateMeter, type Rates } from './rates';
import { useClient } from './session';
import type { DestinationType, Dialect, Overview, Page, ThroughputSample } from './types';

export interface OverviewWithRates extends Overview {
  readonly rates: Rates;
}

const meter = new RateMeter();

export const OVERVIEW_MS = 2_000;
const BACKGROUND_MS = 10_000;

function overviewOptions(client: Client) {
  return queryOptions({
    queryKey: ['overview'],
    queryFn: async ({ signal }): Promise<OverviewWithRates> => {
      const overview = await client.get<Overview>('/overview', signal);
      return { ...overview, rates: meter.add(overview) };
    },
    // Comparing a thousand destinations member by member costs more than drawing them anew.
    structuralSharing: false,
  });
}

/** All sources and destinations with their counts, kept up to date. */
export function useOverview(refetchMs: number = BACKGROUND_MS) {
  return useQuery({ ...overviewOptions(useClient()), refetchInterval: refetchMs });
}

export function useThroughput() {
  const client = useClient();
  return useQuery({
    queryKey: ['throughput'],
    queryFn: ({ signal }) =>
      client.get<{ readonly samples: readonly ThroughputSample[] }>('/overview/throughput', signal),
    refetchInterval: 10_000,
    structuralSharing: false,
  });
}

export function useDialects() {
  const client = useClient();
  return useQuery({
    queryKey: ['dialects'],
    queryFn: ({ signal }) => client.get<Page<Dialect>>('/dialects', signal).then(({ data }) => data),
    staleTime: Infinity,
  });
}

export function useDestinationTypes() {
  const client = useClient();
  return useQuery({
    queryKey: ['destination-types'],
    queryFn: ({ signal }) => client.get<Page<DestinationType>>('/destination-types', signal).then(({ data }) => data),
    staleTime: Infinity,
  });
}

/** A source or destination in the state that its form is opened with. Loading it anew is for whoever asks for it. */
export function useOpened<T>(kind: 'sources' | 'destinations', id: string) {
  const client = useClient();
  const query = useQuery({
    queryKey: [kind, id, 'form'],
    queryFn: ({ signal }) => client.open<T>(`/${kind}/${id}`, signal),
    gcTime: 0,
    staleTime: Infinity,
  });
  const [loads, setLoads] = useState(0);
  const reload = (): void => void query.refetch().then(() => setLoads((count) => count + 1));
  /** `loads`: as the form's key it has the form begin with what was loaded. */
  return { query, loads, reload };
}
