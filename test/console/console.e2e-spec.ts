import type { Page, Route } from 'playwright-core';
import { admin, startGateway, startSink, until, type Gateway, type Sink } from '../support/index.js';
import { openPage, startBrowser, type Watched } from './browser.js';

/** One story, in the order it is told: an admin sets up a line, watches it work, break and be mended. */
describe('the console, in a browser', () => {
  let gateway: Gateway;
  let sink: Sink;
  let watched: Watched;
  let page: Page;
  let apiKey: string;

  beforeAll(async () => {
    const [started, startedSink, browser] = await Promise.all([startGateway(), startSink(), startBrowser()]);
    [gateway, sink] = [started, startedSink];
    watched = await openPage(browser, gateway.baseUrl);
    page = watched.page;
  });
  afterAll(() => gateway?.stop());

  const post = (event: string, user_id = 'u-1'): Promise<Response> =>
    fetch(`${gateway.baseUrl}/v1/batch/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [{ event, user_id, timestamp: new Date().toISOString() }] }),
    });
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const field = (name: string) => page.getByRole('textbox', { name, exact: true });
  const isFaulty = async (name: string): Promise<boolean> =>
    (await field(name).getAttribute('aria-invalid')) === 'true';
  const visit = (name: string): Promise<void> =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
  const seesHeading = (name: string): Promise<void> => page.getByRole('heading', { name, level: 1 }).waitFor();

  it('asks for the token, and refuses a wrong one', async () => {
    await page.goto(`${gateway.baseUrl}/console`);
    await page.getByLabel('Admin token').first().fill('not-the-token');
    await press('Log in');
    await page.getByText('The gateway does not know this token.').waitFor();
    await page.getByLabel('Admin token').first().fill(gateway.adminToken);
    await press('Log in');
    await seesHeading('Overview');
    await page.getByText('Nothing flows yet').waitFor();
    expect(page.url()).not.toContain(gateway.adminToken);
  });

  it('creates a source by form, and shows its key this once', async () => {
    await visit('Sources');
    await page.getByRole('link', { name: 'Create the first one' }).click();
    await page.getByLabel('Name').fill('Backend');
    await page.getByLabel('Dialect').selectOption('flokit');
    await press('Create source');
    await seesHeading('Backend');
    const shown = page.getByRole('alert').filter({ hasText: 'shown this once' });
    apiKey = (await shown.locator('dt:text-is("apiKey") + dd code').textContent()) ?? '';
    expect(apiKey).not.toBe('');
    expect(await page.getByRole('region', { name: 'settings for curl' }).textContent()).toContain(`Bearer ${apiKey}`);
  });

  it("gives each client of the vendor its own settings, with the gateway's address and the key", async () => {
    await page.getByText('Python', { exact: true }).click();
    const settings = await page.getByRole('region', { name: 'settings for Python' }).textContent();
    expect(settings).toContain(`FLOKIT_URL = "${gateway.baseUrl}"`);
    expect(settings).toContain(`"Bearer ${apiKey}"`);
  });

  it("shows the server's fault at its field, then creates the destination", async () => {
    await visit('Destinations');
    await page.getByRole('link', { name: 'Create the first one' }).click();
    await page.getByLabel('Type').selectOption('webhook');
    await field('URL').fill('not an address');
    await press('Create destination');
    await page.getByText('It was not saved').waitFor();
    expect([await isFaulty('Name'), await isFaulty('URL')]).toEqual([true, false]);
    await field('Name').fill('Warehouse');
    await press('Create destination');
    await until(async () => isFaulty('URL'));
    expect(await isFaulty('Name')).toBe(false);
    await field('URL').fill(`${sink.url}/events`);
    await page.getByLabel('Longest wait (ms)').fill('20');
    // Preview of what stands in the form.
    await page.getByRole('region', { name: 'body 1 for draft' }).waitFor();
    await press('Create destination');
    await seesHeading('Warehouse');
  });

  it('shows an event the moment it is accepted, in every form and with its trace', async () => {
    await visit('Live events');
    await page.getByText('Live', { exact: true }).waitFor();
    expect((await post('console_story')).status).toBe(200);
    await page.getByRole('link', { name: 'console_story' }).click();
    await seesHeading('console_story');
    await page.getByRole('region', { name: 'Trace' }).getByText('Delivered').first().waitFor();
    const vendor = page.getByRole('region', { name: 'event as sent' });
    expect(await vendor.textContent()).toContain('"user_id": "u-1"');
    expect(await page.getByRole('region', { name: 'canonical event' }).textContent()).toContain('"dialect": "flokit"');
    expect(await page.getByRole('region', { name: 'body 1 for warehouse' }).textContent()).toContain('console_story');
  });

  it('groups what a destination refuses, and replays it with its count first', async () => {
    sink.replyWith(() => ({ status: 422, body: 'no such thing' }));
    await Promise.all([post('refused_one'), post('refused_two')]);
    await visit('Dead letters');
    const group = page.getByRole('region', { name: 'HTTP 422 at Warehouse' });
    await group.getByRole('link', { name: 'refused_one' }).waitFor();
    await group.getByRole('link', { name: 'refused_two' }).waitFor();
    await page.getByText('2 kept, in one group of one reason each.').waitFor();
    await group.getByRole('button', { name: 'Inspect' }).first().click();
    await page.getByRole('region', { name: 'last response' }).getByText('no such thing').waitFor();
    await page.keyboard.press('Escape');

    sink.replyWith(() => ({ status: 200 }));
    await group.getByRole('button', { name: 'Replay' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay dead letters to warehouse' });
    await dialog.getByText('2 events will be sent again').waitFor();
    // How fast they go changes nothing about how many they are.
    await dialog.getByLabel('Events a second').pressSequentially('250');
    await dialog.getByText('2 events will be sent again').waitFor();
    await dialog.getByRole('button', { name: 'Replay' }).click();
    await dialog.getByText('2 of 2 put back, 2 settled').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('No dead letters').waitFor();
    await until(() => sink.requests.some(({ body }) => body.includes('refused_one')));
    const counts = await admin(gateway).ask('GET', '/replays?dryRun=true');
    expect((counts.body as { readonly data: readonly unknown[] }).data).toHaveLength(1);
  });

  it('shows what was sent again, however often somebody counted since', async () => {
    const order = { destinationId: 'warehouse', from: 'history', dryRun: true };
    await Promise.all(Array.from({ length: 25 }, () => admin(gateway).ask('POST', '/replays', order)));
    await visit('Overview');
    await visit('Dead letters');
    await page.getByRole('region', { name: 'Replays' }).getByText('2 of 2 put back').waitFor();
  });

  it('discards a whole group at once, after asking', async () => {
    sink.replyWith(() => ({ status: 400, body: 'no' }));
    await Promise.all(['useless_one', 'useless_two', 'useless_three'].map((event) => post(event)));
    const group = page.getByRole('region', { name: 'HTTP 400 at Warehouse' });
    await group.getByRole('button', { name: 'Discard' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No dead letters').waitFor();
    expect(await admin(gateway).deadLetters('warehouse')).toEqual([]);
    sink.replyWith(() => ({ status: 200 }));
  });

  it('shows an event once that is accepted while the stream is opened', async () => {
    await visit('Overview');
    const openedThen = async (route: Route): Promise<void> => {
      await post('in_between');
      await route.continue();
    };
    // What was accepted lately is read when the stream is open already: both bring the event.
    await page.route('**/admin/v1/events?*', openedThen, { times: 1 });
    await visit('Live events');
    await page.getByRole('link', { name: 'in_between' }).first().waitFor();
    await post('afterwards');
    await page.getByRole('link', { name: 'afterwards' }).waitFor();
    expect(await page.getByRole('link', { name: 'in_between' }).count()).toBe(1);
  });

  it('filters the stream by name and user, and shows what was refused or parked', async () => {
    await visit('Live events');
    await post('wanted_one');
    await post('other_one', 'u-77');
    await page.getByRole('link', { name: 'other_one' }).waitFor();
    await field('User').fill('U-77');
    await page.getByRole('link', { name: 'wanted_one' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'other_one' }).waitFor();
    await field('Event name').fill('wanted');
    await page.getByText('None of the latest events fits the filter').waitFor();
    await field('User').fill('');
    await page.getByRole('link', { name: 'wanted_one' }).waitFor();
    await press('Clear');
    await page.getByText('Refused', { exact: true }).click();
    expect((await post('')).status).toBe(200);
    await page.getByRole('table').getByText('missing_field').first().waitFor();
    expect(await field('User').count()).toBe(0);
  });

  it('draws the throughput of the last minutes and of hours', async () => {
    await visit('Overview');
    const chart = page.getByRole('region', { name: 'Throughput' });
    await chart.getByRole('img', { name: /^Accepted .* events a second.* in the last 15 min\.$/ }).waitFor();
    await chart.getByText('6 h', { exact: true }).click();
    await chart.getByRole('img', { name: /in the last 6 h\.$/ }).waitFor();
    expect(await chart.locator('canvas').count()).toBe(1);
  });

  it('pauses and resumes a destination', async () => {
    await visit('Destinations');
    await page.getByRole('link', { name: 'Warehouse' }).click();
    await press('Pause');
    await page.getByText('by an admin; its events are held').waitFor();
    await press('Resume');
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  });

  it('calls a destination paused that has events in retry', async () => {
    sink.replyWith(() => ({ status: 503 }));
    await post('retried');
    await until(async () => (await admin(gateway).stats('warehouse')).retrying === 1);
    await admin(gateway).ask('POST', '/destinations/warehouse/pause');
    await visit('Destinations');
    await page.getByRole('table').getByText('Paused', { exact: true }).waitFor();
    sink.replyWith(() => ({ status: 200 }));
    await admin(gateway).ask('POST', '/destinations/warehouse/resume');
  });

  it('tells a destination that asked for a rest from one that is slow', async () => {
    sink.replyWith(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await post('too_early');
    await visit('Destinations');
    await page.getByRole('table').getByText('Told to wait', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Warehouse' }).click();
    await page.getByRole('region', { name: 'Health' }).getByText('by its own answer').waitFor();
    // Another address ends the rest.
    sink.replyWith(() => ({ status: 200 }));
    await admin(gateway).ask('PATCH', '/destinations/warehouse', { config: { url: `${sink.url}/other` } });
    await until(async () => (await admin(gateway).stats('warehouse')).waiting === 0);
  });

  it.each([
    ['Sources', 'Backend', '/sources/backend', { enabled: false }],
    ['Destinations', 'Warehouse', '/destinations/warehouse', { config: { headers: { 'x-team': 'growth' } } }],
  ])('%s: does not write over what somebody changed meanwhile, and says so', async (pages, name, path, elsewhere) => {
    await visit(pages);
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await field('Name').fill('Mine');
    await admin(gateway).ask('PATCH', path, elsewhere);
    await press('Save');
    await page.getByRole('alert').getByText('Somebody changed it meanwhile').waitFor();
    expect((await admin(gateway).ask('GET', path)).body).toMatchObject({ name, ...elsewhere });
    await press('Load what it is now');
    await until(async () => (await field('Name').inputValue()) === name);
    await field('Name').fill('Mine');
    await press('Save');
    await seesHeading('Mine');
    expect((await admin(gateway).ask('GET', path)).body).toMatchObject({ name: 'Mine', ...elsewhere });
    await admin(gateway).ask('PATCH', path, { name, ...(pages === 'Sources' ? { enabled: true } : {}) });
  });

  it('shows in the playground what a request would become', async () => {
    await visit('Playground');
    await press('Preview');
    await page.getByRole('region', { name: 'canonical events' }).getByText('paywall_viewed').waitFor();
    await page.getByRole('region', { name: 'body 1 for warehouse' }).waitFor();
  });

  it('has kept to its policy, and asked nobody but the gateway', () => {
    expect(watched.faults).toEqual([]);
    expect(watched.foreign).toEqual([]);
  });

  it('says so when the gateway is away, and logs out without a trace', async () => {
    await page.route('**/admin/v1/overview', (route) => route.abort());
    await visit('Overview');
    await page.getByText('The gateway does not answer. What is shown may be old; trying again.').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await press('Log out');
    await page.getByRole('heading', { name: 'Event gateway' }).waitFor();
    expect(await page.evaluate<string>('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(
      gateway.adminToken,
    );
  });

  it('lets a viewer look, and offers no change', async () => {
    const viewer = await admin(gateway).ask('POST', '/tokens', { name: 'Lee', role: 'viewer' });
    const { token } = viewer.body as { readonly token: string };
    await page.getByLabel('Admin token').first().fill(token);
    await press('Log in');
    await page.getByText('(viewer)').waitFor();
    await visit('Destinations');
    await page.getByRole('link', { name: 'Warehouse' }).click();
    await seesHeading('Warehouse');
    await page.getByRole('region', { name: 'Settings' }).waitFor();
    for (const change of ['Pause', 'Test', 'Delete'])
      expect(await page.getByRole('button', { name: change, exact: true }).count()).toBe(0);
    await visit('Sources');
    await page.getByRole('link', { name: 'Backend' }).waitFor();
    expect(await page.getByRole('link', { name: 'New source' }).count()).toBe(0);
  });
});
