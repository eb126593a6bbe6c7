import { startGateway, type Gateway } from '../support/index.js';

describe('the console as it is served', () => {
  let gateway: Gateway;
  beforeAll(async () => void (gateway = await startGateway()));
  afterAll(() => gateway?.stop());

  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${gateway.baseUrl}${path}`, { headers });

  it.each(['/console', '/console/', '/console/destinations/crm/edit', '/console//sources'])(
    'gives the page at %s, fresh each time, under a policy without exceptions',
    async (path) => {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('cache-control')).toBe('no-cache');
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(policy).not.toContain('http');
      const text = await page.text();
      expect(text).toContain('<div id="root"></div>');
      expect(text).not.toMatch(/<script>|<style|\son\w+=|https?:\/\//);
    },
  );

  it('gives its files compressed and for ever', async () => {
    const [, script = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(await (await get('/console')).text()) ?? [];
    const file = await get(script, { 'accept-encoding': 'br' });
    expect(file.status).toBe(200);
    expect(file.headers.get('content-encoding')).toBe('br');
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('loads first with no more than 250 KB', async () => {
    const page = await (await get('/console')).text();
    const files = [...page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(1);
    const sizes = await Promise.all(
      files.map(async (path) => Number((await get(path, { 'accept-encoding': 'gzip' })).headers.get('content-length'))),
    );
    expect(sizes.every((size) => size > 0)).toBe(true);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
  });

  it.each(['/console/assets/gone-12345678.js', '/console/assets/../../apps/gateway/src/main.js', '/consolex'])(
    'has nothing at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('import ');
    },
  );

  it('is named at /', async () => {
    const { links } = (await (await get('/')).json()) as { readonly links: Readonly<Record<string, string>> };
    expect(links.console).toBe('/console');
  });
});
