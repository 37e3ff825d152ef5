import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Jimp, rgbaToInt } from 'jimp';
import { type Browser, chromium } from 'playwright-core';
import { TaskModeClient } from '../client/index.ts';
import { findConsole } from '../local/gateway/find-console.ts';
import { startLocalRuntime } from '../local/runtime.ts';

/** Makes the README's pictures of the console, of the example app on this machine: `npm run screenshots`. */

const FOLDER = 'docs/images';
const SIZE = { width: 1280, height: 800 };

const dataDir = await mkdtemp(join(tmpdir(), 'task-mode-screenshots-'));
const consoleFolder = findConsole(new AbortController().signal);
const runtime = await startLocalRuntime({ port: 0, dataDir, consoleFolder, log: () => undefined });
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  await mkdir(FOLDER, { recursive: true });
  await work(new TaskModeClient({ endpoint: runtime.url }));
  await picture(browser, 'tasks', '/functions/echo', 'light');
  await picture(browser, 'task', '/functions/flaky/tasks/import-1', 'dark');
  await picture(browser, 'execution', '/workflows/media/executions/album-7', 'dark');
} finally {
  await browser.close();
  await runtime.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** Has something done that is worth a look. */
async function work(tasks: TaskModeClient): Promise<void> {
  const images = await Promise.all([0x0073bb, 0xd13212, 0x1d8102].map(photo));
  const album = await tasks.workflows.start('media', { images: [...images, 'AAAA'] }, { name: 'album-7' });
  await tasks.submit('flaky', { failures: 2 }, { taskId: 'import-1' });
  for (let order = 1; order <= 12; order += 1) {
    await tasks.submit(
      'echo',
      { order, items: [{ sku: `A-${order}`, count: 2 }] },
      { taskId: `order-${order}` },
    );
  }
  await tasks.submit('echo', { reminder: true }, { taskId: 'reminder-1', delaySeconds: 3600 });
  await tasks.submit('echo', { reminder: true }, { taskId: 'reminder-2', delaySeconds: 7200 });
  await tasks.stop('echo', 'reminder-2');
  await tasks.wait('flaky', 'import-1');
  while ((await tasks.workflows.get('media', album.executionName)).status === 'Running') {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function photo(color: number): Promise<string> {
  const image = new Jimp({ width: 240, height: 160 });
  image.scan((x, y, index) => {
    const shade = (x + y) / 400;
    const [red, green, blue] = [color >> 16, (color >> 8) & 0xff, color & 0xff].map((part) => part * shade);
    image.bitmap.data.writeUInt32BE(rgbaToInt(red ?? 0, green ?? 0, blue ?? 0, 255), index);
  });
  return (await image.getBuffer('image/jpeg')).toString('base64');
}

async function picture(
  from: Browser,
  name: string,
  path: string,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const page = await from.newPage({ viewport: SIZE, colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${runtime.url}/console${path}`);
  await page
    .getByText(/Attempts|Instance|Alarms/)
    .first()
    .waitFor();
  await page.getByRole('link', { name: 'wait', exact: true }).first().waitFor();
  // Charts and counts come a moment later.
  await page.waitForTimeout(3000);
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
  await page.close();
}
