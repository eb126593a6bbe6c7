import { createServer } from 'node:http';
import { onEnd } from './resources.js';
import { freePort } from './temp-dir.js';

export interface CountingSinks {
  /** Where the destination of this name sends. */
  readonly urlOf: (name: string) => string;
  /** The ids that arrived there. */
  readonly idsOf: (name: string) => ReadonlySet<string>;
  /** Events that arrived, repeats included. */
  readonly arrivals: () => number;
}

const EVENT_ID = /"id":"(evt_[0-9a-z]{20})"/g;

/** Many destinations that remember nothing but ids: for more events than a sink can keep. */
export async function startCountingSinks(): Promise<CountingSinks> {
  const ids = new Map<string, Set<string>>();
  let arrivals = 0;
  const port = await freePort();
  const idsOf = (name: string): Set<string> => {
    const known = ids.get(name) ?? new Set<string>();
    ids.set(name, known);
    return known;
  };
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const known = idsOf((incoming.url ?? '').slice(1));
      for (const [, id = ''] of Buffer.concat(parts).toString().matchAll(EVENT_ID)) {
        known.add(id);
        arrivals += 1;
      }
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { urlOf: (name) => `http://127.0.0.1:${port}/${name}`, idsOf, arrivals: () => arrivals };
}
