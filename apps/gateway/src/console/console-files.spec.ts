import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveConsole } from './console-files.js';

describe('the files of the console', () => {
  let folder: string;
  let server: FastifyInstance;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'console-'));
    server = Fastify();
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('are not needed: without them the rest runs, and the address says what to do', async () => {
    serveConsole(server, folder);
    const { statusCode, body } = await server.inject('/console/sources');
    expect(statusCode).toBe(404);
    expect(body).toBe('The web console is not there: `npm run build` builds it.\n');
  });

  it('are the page at every address but those of assets', async () => {
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<p>page</p>');
    await writeFile(join(folder, 'assets/app-1.js'), 'code()');
    serveConsole(server, folder);
    expect((await server.inject('/console/a/b')).body).toBe('<p>page</p>');
    expect((await server.inject('/console/assets/app-1.js')).body).toBe('code()');
    expect((await server.inject('/console/assets/app-2.js')).statusCode).toBe(404);
    expect((await server.inject('/console/assets/..%2findex.html')).statusCode).toBe(404);
  });
});
