import type { Gateway } from './gateway.js';

/** The value of a series without labels. */
export async function metricOf({ baseUrl }: Pick<Gateway, 'baseUrl'>, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`There is no metric ${name}`);
  return Number(value);
}
