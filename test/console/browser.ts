import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { onEnd } from '../support/index.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ON_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
/** A busy machine takes its time. */
const ACTION_MS = 20_000;

export type Scheme = 'light' | 'dark';

/** What a page must not do: said by the browser itself, not looked for. */
export interface Watched {
  readonly page: Page;
  /** Errors of scripts and of the content security policy. */
  readonly faults: readonly string[];
  /** Requests to anybody but the gateway. */
  readonly foreign: readonly string[];
}

/** The distribution's browser; nothing is downloaded. Rejects with what to do where there is none. */
export async function startBrowser(): Promise<Browser> {
  // As root there is no sandbox; a container's shared memory is often too small.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  const browser = await chromium.launch({ executablePath: browserPath(), args });
  onEnd(() => browser.close());
  return browser;
}

function browserPath(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [
    process.env.CHROMIUM_PATH ?? '',
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    ON_MACOS,
  ];
  const found = candidates.find((path) => path !== '' && existsSync(path));
  if (found !== undefined) return found;
  throw new Error('The console tests need Chromium: apt-get install chromium, or set CHROMIUM_PATH to one.');
}

export async function openPage(browser: Browser, baseUrl: string, scheme: Scheme = 'light'): Promise<Watched> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(ACTION_MS);
  const faults: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(baseUrl) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  return { page, faults, foreign };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** What axe calls serious or critical, and where. In the dark only colours can differ from what was found in the light. */
export async function accessibilityFaults(page: Page, scheme: Scheme): Promise<readonly string[]> {
  const rules =
    scheme === 'light' ? "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']" : "['color-contrast']";
  // Through the debugger: the page's own policy would refuse a script tag.
  await page.evaluate(axe);
  const results = await page.evaluate<AxeResults>(`axe.run(document, { runOnly: ${rules} })`);
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
