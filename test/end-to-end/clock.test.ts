import { expect, test } from 'vitest';
import { statusesOf } from './api.ts';
import { CommandLine } from './command-line.ts';
import { startExample } from './runtime.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Long enough for a busy machine, and no test of a delay of minutes. */
const SOON_MS = 20_000;

const { runtime, api } = await startExample();

async function advance(seconds: number): Promise<void> {
  const response = await fetch(`${runtime.url}/_local/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seconds }),
  });
  expect(response.status, await response.text()).toBe(200);
}

test('what runs when the clock is advanced goes on and runs once', async () => {
  const [waiting, spinning] = await Promise.all([
    api.accepted('wait', { id: 'across', payload: { seconds: 12 } }),
    // It asks Date whether its time is over, which it is by then.
    api.accepted('spin', { id: 'across', payload: { seconds: HOUR } }),
  ]);
  await Promise.all([api.until('wait', waiting, 'Running'), api.until('spin', spinning, 'Running')]);
  // Past its lease, its time-out, and the time for which its message is hidden; by an hour in the first second.
  await advance(HOUR);
  await advance(DAY);
  // The sweep has looked at them.
  expect((await api.task('wait', waiting)).status).toBe('Running');
  for (const [name, id] of [
    ['wait', waiting],
    ['spin', spinning],
  ] as const) {
    const task = await api.until(name, id, 'Succeeded', 60_000);
    expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Succeeded']);
    expect(task.alreadyRetriedTimes).toBe(0);
  }
}, 90_000);

test('a delay of an hour, of minutes and of days is over when the clock was advanced by it, and not before', async () => {
  const ids = await Promise.all([
    api.accepted('echo', { id: 'in-10-minutes', delay: 10 * MINUTE }),
    api.accepted('echo', { id: 'in-an-hour', delay: HOUR }),
    api.accepted('echo', { id: 'in-6-days', delay: 6 * DAY }),
  ]);
  await advance(HOUR / 2);
  await api.until('echo', 'in-10-minutes', 'Succeeded', SOON_MS);
  expect((await api.task('echo', 'in-an-hour')).status).toBe('Enqueued');
  await advance(HOUR / 2 + 1);
  await api.until('echo', 'in-an-hour', 'Succeeded', SOON_MS);
  expect((await api.task('echo', 'in-6-days')).status).toBe('Enqueued');
  await advance(6 * DAY);
  await api.until('echo', 'in-6-days', 'Succeeded', SOON_MS);
  for (const id of ids) {
    const task = await api.task('echo', id);
    expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Succeeded']);
  }
});

test('retries come at once, each when the clock was advanced by its pause', async () => {
  const id = await api.accepted('flaky', { payload: { failures: 3 } });
  for (let retry = 1; retry <= 3; retry += 1) {
    await expect
      .poll(async () => (await api.task('flaky', id)).alreadyRetriedTimes, { timeout: SOON_MS })
      .toBeGreaterThanOrEqual(retry - 1);
    await api.until('flaky', id, 'Retrying', SOON_MS).catch(() => undefined);
    // The longest pause there is.
    await advance(15 * MINUTE);
  }
  expect(await api.until('flaky', id, 'Succeeded', SOON_MS)).toMatchObject({
    returnPayload: '{"attempt":4}',
  });
});

test('what is not started within its event age expires', async () => {
  const put = (path: string, body: object) =>
    api.fetch(`/spin/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await put('concurrency', { reservedConcurrency: 0 })).status).toBe(200);
  const id = await api.accepted('spin', { payload: { seconds: 0 } });
  await advance(HOUR);
  expect((await api.task('spin', id)).status).toBe('Enqueued');
  await advance(7 * DAY);
  const task = await api.until('spin', id, 'Expired', SOON_MS);
  expect(statusesOf(task)).toEqual(['Enqueued', 'Expired']);
});

test('a task is forgotten 7 days after its end, and its id is free', async () => {
  const submit = { id: 'kept', payload: { one: 1 } };
  await api.until('echo', await api.accepted('echo', submit), 'Succeeded', SOON_MS);
  await advance(7 * DAY - HOUR);
  expect((await api.get('echo', 'kept')).status).toBe(200);
  expect((await api.submit('echo', submit)).status).toBe(409);
  await advance(HOUR + 1);
  expect((await api.get('echo', 'kept')).status).toBe(404);
  expect((await api.list('echo', { prefix: 'kept' })).tasks).toEqual([]);
  const again = await api.until('echo', await api.accepted('echo', submit), 'Succeeded', SOON_MS);
  expect(Math.abs(again.startedTime - Date.now())).toBeLessThan(HOUR * 1000);
});

test('the command line shows the clock and advances it, and tells times by it', async () => {
  const cli = new CommandLine(runtime.url);
  const [{ stdout: before }, elsewhere] = await Promise.all([
    cli.run(['clock', '--json']),
    cli.run(['clock', '--endpoint', 'https://example.com']),
  ]);
  expect(elsewhere).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('https://example.com is no runtime of this machine'),
  });
  const advanced = await cli.run(['clock', 'advance', '1.5h']);
  expect(advanced.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ d( \d+ h)? ahead of this machine\n$/);
  const { advancedMs } = JSON.parse((await cli.run(['clock', '--json'])).stdout);
  expect(advancedMs - JSON.parse(before).advancedMs).toBe(5_400_000);
  await api.accepted('echo', { id: 'later', delay: HOUR });
  const [explained, refused] = await Promise.all([
    cli.run(['explain', 'echo', 'later']),
    cli.run(['clock', 'advance', '31d']),
  ]);
  expect(explained.stdout).toMatch(/in 59 min/);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('seconds is 2678400: want') });
});
