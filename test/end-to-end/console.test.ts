import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { findConsole } from '../../local/gateway/find-console.ts';
import type { Api } from './api.ts';
import { describeInBrowser, seriousViolations } from './browser.ts';
import { startExample } from './runtime.ts';

let folder: string;
let url: string;
let api: Api;

beforeAll(async () => {
  const consoleFolder = findConsole(new AbortController().signal);
  const { runtime, api: itsApi } = await startExample({ consoleFolder });
  folder = await consoleFolder;
  url = `${runtime.url}/console`;
  api = itsApi;
});

const rowsOf = async (page: Page) => page.locator('table tbody tr a').allTextContents();

async function fillEditor(page: Page, payload: unknown): Promise<void> {
  await page.getByRole('textbox', { name: 'Payload' }).fill(JSON.stringify(payload));
}

const statusOn = (page: Page, status: string) =>
  page.getByText(status, { exact: true }).first().waitFor({ state: 'visible' });

test('what is loaded first is under 650 kB, the fonts are files, and the charts come later', () => {
  const html = readFileSync(join(folder, 'index.html'), 'utf-8');
  const first = [...html.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.(?:js|css))"/g)].map(
    ([, name = '']) => readFileSync(join(folder, name)),
  );
  expect(first.length).toBeGreaterThanOrEqual(2);
  const sizes = first.map((bytes) => gzipSync(bytes).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(650_000);
  expect(first.filter((bytes) => bytes.includes('font/woff2;')).length).toBe(0);
  expect(readdirSync(join(folder, 'fonts')).length).toBeGreaterThan(0);
});

describeInBrowser('the console', ({ open }) => {
  test('shows a task that is submitted in it, until it has succeeded', async () => {
    const page = await open(url);
    await page.getByRole('link', { name: 'echo', exact: true }).last().click();
    await page.getByRole('button', { name: 'Submit task' }).first().click();
    await fillEditor(page, { hello: 'console' });
    await page.getByRole('textbox', { name: /TaskID/ }).fill('first-1');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByRole('heading', { name: 'first-1' }).waitFor();
    await statusOn(page, 'Succeeded');
    expect(new URL(page.url()).pathname).toBe('/console/functions/echo/tasks/first-1');
    expect(await api.task('echo', 'first-1')).toMatchObject({ taskPayload: '{"hello":"console"}' });
    await page.getByText('"console"').first().waitFor();
    await page.getByText('Attempt 1').waitFor();
  });

  test('shows whoever gets its address the same list', async () => {
    for (const id of ['list-a', 'list-b', 'other-c']) await api.accepted('echo', { id });
    for (const id of ['list-a', 'list-b', 'other-c']) await api.until('echo', id, 'Succeeded');
    const page = await open(`${url}/functions/echo`);
    await page.getByRole('button', { name: /Succeeded/ }).click();
    await page.getByRole('combobox', { name: 'Filter tasks' }).fill('list-');
    await page.keyboard.press('Enter');
    await expect.poll(() => rowsOf(page), { timeout: 15_000 }).toEqual(['list-b', 'list-a']);
    expect(new URL(page.url()).search).toBe('?status=Succeeded&prefix=list-');
    await page.reload();
    await expect.poll(() => rowsOf(page), { timeout: 15_000 }).toEqual(['list-b', 'list-a']);
    const another = await open(page.url(), {});
    await expect.poll(() => rowsOf(another), { timeout: 15_000 }).toEqual(['list-b', 'list-a']);
  });

  test('stops a task that runs, and no other', async () => {
    await api.accepted('wait', { id: 'long-1', payload: { seconds: 600 } });
    await api.accepted('wait', { id: 'long-2', payload: { seconds: 600 } });
    const page = await open(`${url}/functions/wait/tasks/long-1`);
    await statusOn(page, 'Running');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await statusOn(page, 'Stopped');
    expect(await api.task('wait', 'long-1')).toMatchObject({ status: 'Stopped' });
    expect((await api.task('wait', 'long-2')).status).not.toMatch(/^Stop/);
    await api.stop('wait', 'long-2');
  });

  test('stops all tasks that its filter finds, having counted them, and keeps who had it done and why', async () => {
    const submitted = { delay: 600, payload: {} };
    for (const id of ['bulk-a', 'bulk-b', 'spared-c']) await api.accepted('echo', { id, ...submitted });
    const page = await open(`${url}/functions/echo?prefix=bulk-`);
    await page.getByRole('button', { name: 'All matching' }).click();
    await page.getByRole('menuitem', { name: 'Stop all matching' }).click();
    await page.getByRole('textbox', { name: /Why/ }).fill('they were a mistake');
    await page.getByRole('button', { name: 'Stop 2 tasks' }).click();
    await page.getByText('Stop of TaskID begins with bulk-: 2 done').first().waitFor();
    for (const id of ['bulk-a', 'bulk-b']) expect((await api.task('echo', id)).status).toBe('Stopped');
    expect((await api.task('echo', 'spared-c')).status).toBe('Enqueued');
    await page.getByRole('tab', { name: 'Bulk jobs' }).click();
    await page.getByText('they were a mistake').waitFor();
    await page.getByText('user/local').waitFor();
    await api.stop('echo', 'spared-c');
  }, 90_000);

  test('submits a task again with a payload that was edited, and leaves the first alone', async () => {
    await api.accepted('echo', { id: 'again-1', payload: { version: 1 } });
    const first = await api.until('echo', 'again-1', 'Succeeded');
    const page = await open(`${url}/functions/echo/tasks/again-1`);
    await page.getByRole('button', { name: 'Submit again' }).click();
    const editor = page.getByRole('textbox', { name: 'Payload' });
    expect(JSON.parse(await editor.inputValue())).toEqual({ version: 1 });
    await editor.fill('{"version": ');
    await page
      .getByText(/^Not JSON/)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: 'Submit', exact: true }).isDisabled()).toBe(true);
    await editor.fill('{"version": 2}');
    await page.getByRole('button', { name: 'Save as' }).click();
    await page.getByRole('textbox', { name: 'Name of the payload' }).fill('the second');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: /TaskID/ }).fill('again-2');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByRole('heading', { name: 'again-2' }).waitFor();
    await statusOn(page, 'Succeeded');
    expect(await api.task('echo', 'again-2')).toMatchObject({ returnPayload: '{"version":2}' });
    expect(await api.task('echo', 'again-1')).toEqual(first);
    await page.getByRole('button', { name: 'Submit again' }).click();
    await editor.fill('{}');
    await page.getByRole('button', { name: /Test payloads/ }).click();
    await page.getByRole('option', { name: /the second/ }).click();
    expect(JSON.parse(await editor.inputValue())).toEqual({ version: 2 });
  });

  test('switches the task mode of a function off, and back to what was deployed', async () => {
    const config = async () => (await api.fetch('/spin/async-invoke-config')).json();
    const page = await open(`${url}/functions/spin?tab=configuration`);
    await page.getByRole('checkbox', { name: 'On' }).click();
    await page.getByText('Task mode of spin is off').waitFor();
    expect(await config()).toMatchObject({ asyncTask: false, maxAsyncRetryAttempts: 3 });
    await page.getByRole('button', { name: 'Back to what was deployed' }).first().click();
    await page.getByText('What was deployed holds again').waitFor();
    expect(await config()).toMatchObject({ Code: 'AsyncConfigNotExists' });
  });

  test('reads of 10,000 tasks one page at a time', async () => {
    const page = await open('about:blank');
    const reads: URLSearchParams[] = [];
    await page.route('**/functions/echo/async-tasks?*', (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (!query.has('status')) reads.push(query);
      return route.fulfill({ json: pageOf(query, query.has('status') ? 0 : 10_000) });
    });
    await page.goto(`${url}/functions/echo`);
    await page.getByRole('link', { name: 'task-10000', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'task-9975', exact: true }).waitFor();
    expect(await page.locator('table tbody tr').count()).toBe(25);
    expect(new Set(reads.map((query) => query.get('nextToken')))).toEqual(new Set([null, '25']));
    expect(reads.every((query) => query.get('limit') === '25')).toBe(true);
  });

  test('asks for no workflows where there are none, and says so', async () => {
    const page = await open('about:blank');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.route('**/surroundings.json', async (route) => {
      const surroundings = await (await route.fetch()).json();
      expect(surroundings).toMatchObject({ isLocal: true, hasWorkflows: true });
      return route.fulfill({ json: { ...surroundings, hasWorkflows: false } });
    });
    await page.goto(`${url}/workflows`);
    await page.getByText('No workflows').waitFor();
    await page.getByRole('link', { name: 'echo', exact: true }).waitFor();
    expect(asked.filter((path) => path.endsWith('/workflows') && !path.startsWith('/console'))).toEqual([]);
  });

  test('keeps nobody out, light or dark', async () => {
    await api.accepted('flaky', { id: 'failed-1', payload: { failures: 9 } });
    const page = await open(url);
    const found: string[] = [];
    const look = async (path: string, shown: string) => {
      await page.getByText(shown).first().waitFor();
      found.push(...(await seriousViolations(page)).map((violation) => `${path} ${violation}`));
      // In the dark only colors are others.
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await seriousViolations(page, ['color-contrast']);
      found.push(...dark.map((violation) => `${path} in the dark ${violation}`));
      await page.emulateMedia({ colorScheme: 'light' });
    };
    await look('', 'thumbnail');
    for (const [path, shown] of [
      ['/functions/manifest', 'No tasks yet'],
      ['/workflows/media', 'No executions yet'],
      ['/functions/echo?tab=configuration', 'Tasks at once'],
      ['/functions/echo?tab=code', 'The typed client'],
      ['/functions/echo?tab=monitoring', 'Queue wait'],
      ['/functions/flaky/tasks/failed-1', 'attempt 1 fails'],
      ['/functions/manifest?tab=bulk-jobs', 'with who and why'],
      ['/functions/echo', 'Instance'],
    ] as const) {
      await goTo(page, url + path);
      await look(path, shown);
    }
    await page.getByRole('button', { name: 'Submit task' }).first().click();
    await look('the dialog', 'Test payloads');
    expect(found).toEqual([]);
  }, 180_000);

  // The last one: there is no way back for the runtime that all of these share.
  test('has it be an hour later in the runtime, and shows what that sets off', async () => {
    await api.accepted('echo', { id: 'later-1', delay: 3500 });
    const page = await open(`${url}/functions/echo/tasks/later-1`);
    await page.getByText('Why it does not run yet').waitFor();
    await page.getByRole('button', { name: 'Clock', exact: true }).click();
    await page.getByRole('menuitem', { name: 'by 1 hour' }).click();
    await page.getByRole('button', { name: 'Clock, 1 h ahead' }).waitFor();
    await statusOn(page, 'Succeeded');
    expect((await api.task('echo', 'later-1')).startedTime).toBeLessThan(Date.now());
  }, 90_000);
});

/** Shows another page of the console without loading it anew, as a link does. */
async function goTo(page: Page, address: string): Promise<void> {
  // As text: what runs in the page knows names that the tests' types do not.
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(address)});
    dispatchEvent(new PopStateEvent('popstate'));`);
}

/** A page of a list of so many tasks, newest first, whose token is how many came before. */
function pageOf(query: URLSearchParams, count: number) {
  const limit = Number(query.get('limit'));
  const from = Number(query.get('nextToken') ?? 0);
  const tasks = Array.from({ length: Math.min(limit, count - from) }, (_, index) => ({
    taskId: `task-${count - from - index}`,
    status: 'Succeeded',
    startedTime: 1_800_000_000_000 - from - index,
    endTime: 1_800_000_001_000,
    durationMs: 12,
    alreadyRetriedTimes: 0,
    events: [],
  }));
  return { tasks, ...(from + limit < count && { nextToken: String(from + limit) }) };
}
