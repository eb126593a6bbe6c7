import { scanConnectors, type Connector } from '#destinations';

/** The dialects spoken outwards: every `<name>/<name>.connector.ts` beside this file. */
export function dialectConnectors(): Promise<readonly Connector[]> {
  return scanConnectors(new URL('./', import.meta.url));
}
