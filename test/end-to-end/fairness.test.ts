import { expect, inject, test } from 'vitest';
import { type AsyncTask, statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api } = await startExample({ assemblyDir: inject('unrulyAssemblyDir') });

/** How often the flooding user submits for each task of the other. */
const FLOOD = 10;
const TASKS = 6;
const payload = { does: 'heed', seconds: 0.2 };

const submit = (tenant: string) =>
  api.accepted('shared', { payload, headers: { 'x-task-mode-tenant': tenant } });

const ended = (id: string) => api.until('shared', id, 'Succeeded', 60_000);

/** From the submit to the start of the code. */
function waitMs(task: AsyncTask): number {
  const at = (status: string) => task.events[statusesOf(task).indexOf(status)]?.timestamp ?? Number.NaN;
  return at('Running') - at('Enqueued');
}

/** Of all, since behind a flood only the first one would wait, and the others come after it. */
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One task after the other, as a user does who waits for each. */
async function oneByOne(tenant: string): Promise<AsyncTask[]> {
  const tasks: AsyncTask[] = [];
  while (tasks.length < TASKS) tasks.push(await ended(await submit(tenant)));
  return tasks;
}

test('a user beside one who floods the function 10:1 waits about as little as without', async () => {
  // The function has two processes: they are started before anything is measured.
  for (const id of await Promise.all([submit('warm'), submit('warm')])) await ended(id);
  const alone = await oneByOne('quiet');
  const flood: string[] = [];
  while (flood.length < FLOOD * TASKS) {
    flood.push(...(await Promise.all(Array.from({ length: FLOOD / 2 }, () => submit('noisy')))));
  }
  const beside = await oneByOne('quiet');
  const floodLeft = (await api.task('shared', flood.at(-1) ?? '')).status;
  const noisy: AsyncTask[] = [];
  for (const id of flood) noisy.push(await ended(id));

  const [aloneMs = 0, besideMs = 0, noisyMs = 0] = [alone, beside, noisy].map((tasks) =>
    Math.round(mean(tasks.map(waitMs))),
  );
  const taskMs = Math.round(mean(beside.map(({ durationMs = Number.NaN }) => durationMs)));
  const measured = `alone ${aloneMs} ms, beside the flood ${besideMs} ms, the flood ${noisyMs} ms, a task ${taskMs} ms`;
  // It has the next free process; one is free every half task, and no later than after one.
  expect(besideMs, measured).toBeLessThan(aloneMs + 2 * taskMs);
  expect(besideMs, measured).toBeLessThan(noisyMs / 5);
  expect(floodLeft, 'the flood is over too early to tell').toBe('Enqueued');
}, 120_000);
