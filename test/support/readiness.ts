import type { Gateway } from './gateway.js';

export interface ReadinessAnswer {
  readonly status: number;
  /** The checks that do not hold. */
  readonly culprits: readonly string[];
}

/** As `/health/ready` says within a second, which is what it promises. */
export async function readinessOf({ baseUrl }: Pick<Gateway, 'baseUrl'>): Promise<ReadinessAnswer> {
  const response = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(1_000) });
  const { reasons } = (await response.json()) as { readonly reasons: readonly { readonly check: string }[] };
  return { status: response.status, culprits: reasons.map(({ check }) => check) };
}
