import { describe, expect, test } from 'vitest';
import type { AsyncTask } from './api.ts';
import { statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api, runtime, lines } = await startExample();

/** The grace period of the example functions, and what the design allows beyond it. */
const STOPPED_WITHIN_MS = 5000 + 2000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process that runs the one task of its function. */
async function processOf(name: string): Promise<number> {
  await expect.poll(() => runtime.environmentPids(name).length).toBe(1);
  return runtime.environmentPids(name)[0] ?? 0;
}

const stopEnd = (task: AsyncTask) => JSON.parse(task.events.at(-1)?.eventDetail ?? '{}');

describe('a stop of a running task', () => {
  test('that burns CPU without yielding kills its process, and only then says Stopped', async () => {
    const id = await api.accepted('spin', { payload: { seconds: 60 } });
    await api.until('spin', id, 'Running');
    const pid = await processOf('spin');
    await api.stop('spin', id);
    expect(await api.task('spin', id)).toMatchObject({ status: 'Stopping' });
    const task = await api.until('spin', id, 'Stopped');
    await expect.poll(() => isAlive(pid), { timeout: 1000 }).toBe(false);
    expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Stopping', 'Stopped']);
    expect(stopEnd(task)).toEqual({ endedBy: 'killed', tookMs: expect.any(Number) });
    expect(stopEnd(task).tookMs).toBeGreaterThanOrEqual(4900);
    expect(stopEnd(task).tookMs).toBeLessThan(STOPPED_WITHIN_MS);
    expect(lines.find((line) => line.startsWith('spin | ') && line.includes('task stopped'))).toContain(id);
  });

  test('that heeds its signal ends it at once, and leaves its process warm', async () => {
    const id = await api.accepted('wait', { payload: { seconds: 300 } });
    await api.until('wait', id, 'Running');
    const pid = await processOf('wait');
    await api.stop('wait', id);
    const task = await api.until('wait', id, 'Stopped');
    expect(stopEnd(task)).toEqual({ endedBy: 'cooperative', tookMs: expect.any(Number) });
    expect(stopEnd(task).tookMs).toBeLessThan(2500);
    const next = await api.accepted('wait', { payload: { seconds: 2 } });
    expect(await api.until('wait', next, 'Succeeded')).toMatchObject({
      returnPayload: expect.stringMatching(/"waitedSeconds":2/),
    });
    expect(isAlive(pid)).toBe(true);
  });
});
