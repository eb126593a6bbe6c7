import type { Browser, Page } from 'playwright-core';
import { admin, startGateway, startSink, until, type Gateway } from '../support/index.js';
import { accessibilityFaults, openPage, startBrowser } from './browser.js';

describe('every page of the console, light and dark', () => {
  let gateway: Gateway;
  let browser: Browser;
  let eventId: string;

  beforeAll(async () => {
    const [started, sink, startedBrowser] = await Promise.all([startGateway(), startSink(), startBrowser()]);
    [gateway, browser] = [started, startedBrowser];
    sink.replyWith(() => ({ status: 422, body: 'refused' }));
    eventId = await deadLetter(gateway, sink.url);
  });
  afterAll(() => gateway?.stop());

  it.each(['light', 'dark'] as const)('has no serious finding of axe: %s', async (scheme) => {
    const { page, faults } = await openPage(browser, gateway.baseUrl, scheme);
    await page.goto(`${gateway.baseUrl}/console`);
    const found: Record<string, readonly string[]> = { 'log-in': await accessibilityFaults(page, scheme) };
    await logIn(page, gateway);
    const pages: readonly (readonly [path: string, shown: string])[] = [
      ['', 'Needs attention'],
      ['/events', 'Waiting for events'],
      [`/events/${eventId}`, 'Canonical'],
      ['/sources', 'App'],
      ['/sources/app', 'Send with it'],
      ['/sources/new', 'Who sends'],
      ['/destinations', 'Sink'],
      ['/destinations/sink', 'Rules'],
      ['/destinations/sink/edit', 'Changed on the way'],
      ['/dead-letters', 'Inspect'],
      ['/playground', 'Request'],
      ['/nowhere', 'Nothing here'],
    ];
    for (const [path, shown] of pages) {
      await page.goto(`${gateway.baseUrl}/console${path}`);
      const text = path === '/events' ? 'console_axe' : shown;
      await page
        .getByText(text, { exact: path === '/events' })
        .first()
        .waitFor();
      found[path] = await accessibilityFaults(page, scheme);
    }
    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({});
    expect(faults).toEqual([]);
  });

  it('fits a phone: nothing sticks out to the side', async () => {
    const { page } = await openPage(browser, gateway.baseUrl);
    await page.setViewportSize({ width: 375, height: 720 });
    await page.goto(`${gateway.baseUrl}/console`);
    await logIn(page, gateway);
    for (const path of [
      '',
      '/events',
      `/events/${eventId}`,
      '/destinations',
      '/destinations/sink/edit',
      '/dead-letters',
    ]) {
      await page.goto(`${gateway.baseUrl}/console${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    }
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByRole('heading', { name: 'Playground' }).waitFor();
  });
});

/** Done only once the token is kept: a page that is left sooner asks for it again. */
async function logIn(page: Page, { adminToken }: Gateway): Promise<void> {
  await page.getByLabel('Admin token').first().fill(adminToken);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** A source, a destination that refuses, and an event that went there. */
async function deadLetter(gateway: Gateway, sinkUrl: string): Promise<string> {
  const api = admin(gateway);
  const { credentials } = await api.createSource();
  await api.createDestination({ config: { url: sinkUrl } });
  const response = await fetch(`${gateway.baseUrl}/v1/batch/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credentials.apiKey ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [{ event: 'console_axe', user_id: 'u-1', timestamp: new Date().toISOString() }] }),
  });
  expect(response.status).toBe(200);
  const letter = await until(async () => (await api.deadLetters('sink'))[0]);
  return letter.event.id;
}
