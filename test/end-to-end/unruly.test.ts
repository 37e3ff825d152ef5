import { describe, expect, inject, test } from 'vitest';
import { statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api, runtime, lines } = await startExample({ assemblyDir: inject('unrulyAssemblyDir') });

const detailOf = (
  events: readonly { readonly status: string; readonly eventDetail?: string }[],
  status: string,
) => JSON.parse(events.find((event) => event.status === status)?.eventDetail ?? '{}');

describe('an attempt that takes longer than its time-out', () => {
  test.each(['spin', 'ignore'])('and does not end (%s) is killed, and tried again', async (does) => {
    const id = await api.accepted('unruly', { payload: { does, seconds: 600 } });
    const task = await api.until('unruly', id, 'Succeeded', 20_000);
    expect(statusesOf(task)).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Retrying',
      'Running',
      'Succeeded',
    ]);
    expect(detailOf(task.events, 'Retrying')).toEqual({
      Error: 'UnhandledInvocationError',
      errorType: 'Task.TimedOut',
      errorMessage: 'the function took longer than its time-out of 2 s',
    });
    expect(task.alreadyRetriedTimes).toBe(1);
  });

  test('and heeds its signal has failed too, and leaves its process warm', async () => {
    const first = await api.accepted('unruly-once', { payload: {} });
    const { pid } = JSON.parse((await api.until('unruly-once', first, 'Succeeded')).returnPayload ?? '');
    const id = await api.accepted('unruly-once', { payload: { does: 'heed', seconds: 600 } });
    const task = await api.until('unruly-once', id, 'Failed');
    expect(task.taskErrorMessage).toContain('Task.TimedOut');
    expect(task.durationMs).toBeLessThan(2900);
    const next = await api.accepted('unruly-once', { payload: {} });
    expect(JSON.parse((await api.until('unruly-once', next, 'Succeeded')).returnPayload ?? '').pid).toBe(pid);
  });

  test('when it was the last one, has failed as timed out', async () => {
    const id = await api.accepted('unruly-once', { payload: { does: 'spin', seconds: 600 } });
    const task = await api.until('unruly-once', id, 'Failed');
    expect(task.taskErrorMessage).toBe(
      'UnhandledInvocationError: Task.TimedOut: the function took longer than its time-out of 2 s',
    );
    await expect.poll(() => runtime.environmentPids('unruly-once')).toEqual([]);
  });
});

test('a module that cannot be loaded is a failed attempt, told with its error', async () => {
  const id = await api.accepted('unloadable');
  const task = await api.until('unloadable', id, 'Failed');
  expect(task.taskErrorMessage).toContain('UnhandledInvocationError: Error: this module cannot be loaded');
});

test('code inside native code, which cannot be paused, is dead before its task is said to be Stopped', async () => {
  const id = await api.accepted('crowd', { payload: { does: 'block' } });
  await api.until('crowd', id, 'Running');
  await expect.poll(() => runtime.environmentPids('crowd').length).toBe(1);
  const [pid] = runtime.environmentPids('crowd');
  await api.stop('crowd', id);
  const task = await api.until('crowd', id, 'Stopped');
  expect(runtime.environmentPids('crowd')).not.toContain(pid);
  expect(detailOf(task.events, 'Stopped')).toEqual({ endedBy: 'died', tookMs: expect.any(Number) });
  expect(detailOf(task.events, 'Stopped').tookMs).toBeLessThan(9000);
});

describe('a kill beside neighbours in the same process', () => {
  test('hands these back at once, and counts no attempt against them', async () => {
    const spin = { does: 'spin', seconds: 600 };
    // Enqueued before the process is there, the three come in one batch.
    const [killed = '', ...neighbours] = await Promise.all([
      api.accepted('crowd', { payload: spin, delay: 1 }),
      api.accepted('crowd', { payload: { does: 'ignore', seconds: 1 }, delay: 1 }),
      api.accepted('crowd', { payload: { does: 'ignore', seconds: 1 }, delay: 1 }),
    ]);
    await api.until('crowd', killed, 'Running');
    await api.stop('crowd', killed);
    const task = await api.until('crowd', killed, 'Stopped');
    expect(detailOf(task.events, 'Stopped').endedBy).toBe('killed');
    for (const id of neighbours) {
      const neighbour = await api.until('crowd', id, 'Succeeded');
      expect(neighbour.alreadyRetriedTimes).toBe(0);
      expect(neighbour.returnPayload).toContain('"attempt":1');
    }
    expect(lines.filter((line) => line.includes('task handed back')).length).toBeLessThanOrEqual(2);
  });
});

describe('with cooperative stop', () => {
  test('a task that heeds its signal is stopped', async () => {
    const id = await api.accepted('polite', { payload: { does: 'heed', seconds: 600 } });
    await api.until('polite', id, 'Running');
    await api.stop('polite', id);
    const task = await api.until('polite', id, 'Stopped');
    expect(detailOf(task.events, 'Stopped').endedBy).toBe('cooperative');
  });

  test('a task that ignores it is Stopping for as long as it runs', async () => {
    const id = await api.accepted('polite', { payload: { does: 'ignore', seconds: 4 } });
    await api.until('polite', id, 'Running');
    await api.stop('polite', id);
    const task = await api.until('polite', id, 'Stopped');
    expect(detailOf(task.events, 'Stopped')).toMatchObject({ endedBy: 'cooperative' });
    expect(detailOf(task.events, 'Stopped').tookMs).toBeGreaterThan(2000);
  });
});
