import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

function chromiumPath(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
}

export interface Tabs {
  /** Opens a page of the console in a window of its own. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
}

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
    const reported: string[] = [];
    beforeAll(async () => {
      // As root, and in containers, Chromium has no sandbox.
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    });
    afterAll(() => browser?.close());
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
      expect(reported.splice(0)).toEqual([]);
    });
    body({
      open: async (url, options = {}) => {
        // Without motion the contrast of a dialog is what it will be.
        const usual = { viewport: { width: 1300, height: 900 }, reducedMotion: 'reduce' } as const;
        const context = await browser.newContext({ ...usual, ...options });
        context.setDefaultTimeout(15_000);
        const page = await context.newPage();
        page.on('pageerror', (error) => reported.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') reported.push(`${message.text()} (${message.location().url})`);
        });
        await page.goto(url);
        return page;
      },
    });
  });
}

/** Lists what keeps people out who use a screen reader or see little, as axe finds it, by all of its rules or some. */
export async function seriousViolations(page: Page, rules: readonly string[] = []): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules.length > 0 ? axe.withRules([...rules]) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
