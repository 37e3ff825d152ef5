import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

function chromiumPath(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
}

export interface TabOptions extends BrowserContextOptions {
  /** The API is to refuse something, which the browser reports by itself. */
  readonly mayBeRefused?: boolean;
}

export interface Tabs {
  /** Opens a page of the console, with options in a window of its own. */
  open(url: string, options?: TabOptions): Promise<Page>;
}

/** How a browser reports an answer that is no success. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4/;

/** Without motion the contrast of a dialog is what it will be. */
const USUAL = { viewport: { width: 1300, height: 900 }, reducedMotion: 'reduce' } as const;

/** A page waits for functions that are started for it, on a machine that runs other tests. */
const TIMEOUT_MS = 20_000;

/**
 * Runs tests in a real browser, in whose pages nothing may be reported as an error. Without a browser they are skipped,
 * and say so; where CI is set that is an error.
 */
export function describeInBrowser(title: string, body: (tabs: Tabs) => void): void {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    const wanted = `no Chromium for "${title}": set CHROMIUM_PATH, or install chromium so that it is on the PATH`;
    if (!process.env.CI) console.warn(`SKIPPED: ${wanted}`);
    test.skipIf(!process.env.CI)(title, () => expect.fail(wanted));
    return;
  }
  describe(title, () => {
    let browser: Browser;
    // Most pages share one window, which has read the console's files once.
    let usual: BrowserContext;
    const opened: Page[] = [];
    const reported: string[] = [];
    beforeAll(async () => {
      // As root, and in containers, Chromium has no sandbox.
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      usual = await browser.newContext(USUAL);
    });
    afterAll(() => browser?.close());
    afterEach(async () => {
      const others = browser.contexts().filter((context) => context !== usual);
      await Promise.all([...opened.splice(0), ...others].map((each) => each.close()));
      expect(reported.splice(0)).toEqual([]);
    });
    body({
      open: async (url, options) => {
        const { mayBeRefused = false, ...ofWindow } = options ?? {};
        const context = options === undefined ? usual : await browser.newContext({ ...USUAL, ...ofWindow });
        context.setDefaultTimeout(TIMEOUT_MS);
        const page = await context.newPage();
        opened.push(page);
        page.on('pageerror', (error) => reported.push(error.message));
        page.on('console', (message) => {
          const text = message.text();
          if (message.type() !== 'error' || (mayBeRefused && REFUSED.test(text))) return;
          reported.push(`${text} (${message.location().url})`);
        });
        await page.goto(url);
        return page;
      },
    });
  });
}

/** Lists what keeps people out who use a screen reader or see little, as axe finds it, by all of its rules or some. */
export async function seriousViolations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  // Of what is as it should be nothing is told, and no second page is opened: the console has no frames.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode(true);
  const { violations } = await (rules.length > 0 ? axe.withRules([...rules]) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
