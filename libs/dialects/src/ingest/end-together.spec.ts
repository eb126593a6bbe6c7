import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endTogether } from './end-together.js';

describe('endTogether', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
  });

  it('sends what gets ready in one turn after all of it is ready, each body to its own caller', async () => {
    const open: { readonly path: string; readonly response: ServerResponse }[] = [];
    server = createServer((request, response) => void open.push({ path: request.url ?? '', response }));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    // Twice: what was sent once must not be sent again, and the next turn begins anew.
    for (const round of [1, 2]) {
      const paths = ['one', 'two', 'three'].map((name) => `/${name}/${round}`);
      const answers = Promise.allSettled(paths.map((path) => bodyOf(`http://127.0.0.1:${port}${path}`)));
      while (open.length < paths.length) await new Promise(setImmediate);
      const responses = open.map(({ response }) => response);
      for (const { path, response } of open.splice(0)) {
        // As ingest does: each in a microtask of its own.
        await Promise.resolve();
        endTogether(response, `answer to ${path}`);
        expect(responses.map(({ writableEnded }) => writableEnded)).toEqual([false, false, false]);
      }
      await new Promise((ticked) => process.nextTick(ticked));
      expect(responses.map(({ writableEnded }) => writableEnded)).toEqual([true, true, true]);
      const bodies = (await answers).map((answer) => answer.status === 'fulfilled' && answer.value);
      expect(bodies).toEqual(paths.map((path) => `answer to ${path}`));
    }
  });
});

async function bodyOf(url: string): Promise<string> {
  const request = get(url, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return Buffer.concat(await response.toArray()).toString();
}
