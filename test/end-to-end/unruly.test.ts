import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { isRunning } from '../local/fixtures/processes.ts';
import { statusesOf } from './api.ts';
import { startExample, temporaryFolder } from './runtime.ts';

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

describe('a module that fails to load once', () => {
  const file = join(tmpdir(), 'unruly-service-is-down');

  test('fails the attempts on its instance with its own error, ends that instance, and no other task', async () => {
    await writeFile(file, '');
    const first = await api.accepted('moody');
    const failed = await api.until('moody', first, 'Failed', 20_000);
    await rm(file);
    expect(failed.taskErrorMessage).toContain('UnhandledInvocationError: Error: config service answered 503');
    expect(statusesOf(failed).filter((status) => status === 'Retrying')).toHaveLength(1);
    const next = await Promise.all(Array.from({ length: 6 }, () => api.accepted('moody')));
    for (const id of next) {
      expect(await api.until('moody', id, 'Succeeded', 20_000)).toMatchObject({ alreadyRetriedTimes: 0 });
    }
    expect(lines.some((line) => line.includes('instance ends: the module'))).toBe(true);
  });

  test('answers a synchronous call with its own error, and the call after it runs on a fresh instance', async () => {
    await writeFile(file, '');
    const failed = await api.invoke('moody-sync');
    await rm(file);
    expect(failed.headers.get('x-fc-error-type')).toBe('UnhandledInvocationError');
    const again = async () => (await api.invoke('moody-sync')).headers.get('x-fc-error-type');
    await expect.poll(again, { timeout: 20_000 }).toBeNull();
  });
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
  const journal = join(temporaryFolder('journal'), 'journal');
  /** What the code of a task wrote down, in the order in which it did. */
  const notesOf = async (id: string) => {
    const text = await readFile(journal, 'utf-8').catch(() => '');
    const notes = text.split('\n').map((line) => line.split(' '));
    return notes
      .filter(([taskId]) => taskId === id)
      .map(([, pid, what, time]) => ({ pid: Number(pid), what, time: Number(time) }));
  };

  /** Three tasks in one batch and so in one process: they wait until both of the function's slots are free again. */
  async function threeInOneProcess(
    does: string,
    seconds: number,
  ): Promise<{ pid: number; cutOff: string; neighbours: string[] }> {
    for (const seconds of [3, 2]) {
      await api.until(
        'crowd',
        await api.accepted('crowd', { payload: { does: 'ignore', seconds } }),
        'Running',
      );
    }
    const payload = { does: 'ignore', seconds: 2, journal };
    const neighbours = [await api.accepted('crowd', { payload }), await api.accepted('crowd', { payload })];
    const cutOff = await api.accepted('crowd', { payload: { does, seconds, journal } });
    const pids = async () =>
      (await Promise.all([cutOff, ...neighbours].map(notesOf))).map(([first]) => first?.pid);
    await expect.poll(pids, { timeout: 10_000 }).not.toContain(undefined);
    const [pid = 0, ...others] = await pids();
    expect(others).toEqual([pid, pid]);
    return { pid, cutOff, neighbours };
  }

  const linesOf = async (id: string) => (await api.logs('crowd', id)).map(({ message }) => message);

  /** When a process was seen to be dead. */
  async function deathTimeOf(pid: number): Promise<number> {
    await expect.poll(() => isRunning(pid), { timeout: 15_000, interval: 10 }).toBe(false);
    return Date.now();
  }

  test.each([
    ['that spins', 'spin', 600, 'killed', 0],
    // The last writes do not wait for code that cannot be paused, and its neighbours wait until it is dead for certain.
    ['that is inside native code, which cannot be paused', 'block', 1, 'died', 3000],
  ])(
    'of code %s hands them back, and counts no attempt against them',
    async (_, does, seconds, endedBy, waitMs) => {
      const { pid, cutOff, neighbours } = await threeInOneProcess(does, seconds);
      const isBlocked = async () => (await notesOf(cutOff)).some(({ what }) => what === 'blocks');
      if (does === 'block') await expect.poll(isBlocked, { timeout: 5000 }).toBe(true);
      await api.stop('crowd', cutOff);
      const deathTime = await deathTimeOf(pid);
      const task = await api.until('crowd', cutOff, 'Stopped');
      expect(detailOf(task.events, 'Stopped').endedBy).toBe(endedBy);
      for (const id of neighbours) {
        const neighbour = await api.until('crowd', id, 'Succeeded');
        expect(statusesOf(neighbour)).toEqual([
          ...['Enqueued', 'Enqueued', 'Processed', 'Running', 'Succeeded'],
        ]);
        expect(neighbour.alreadyRetriedTimes).toBe(0);
        expect(neighbour.returnPayload).toContain('"attempt":1');
        const [first, ...second] = await notesOf(id);
        expect(first).toMatchObject({ pid, what: 'begins' });
        expect(second.map(({ what }) => what)).toEqual(['begins', 'ends']);
        expect(second.map((note) => note.pid)).not.toContain(pid);
        // Code that was paused stands still, though its process may still be there for a moment.
        if (endedBy === 'died') expect(second[0]?.time).toBeGreaterThan(deathTime);
        const [, handedBack, , startedAgain] = neighbour.events;
        expect(JSON.parse(handedBack?.eventDetail ?? '{}')).toEqual({
          handBacks: 1,
          firstTime: handedBack?.timestamp,
          startTime: expect.any(Number),
          cause: `killed beside ${cutOff}`,
        });
        expect((startedAgain?.timestamp ?? 0) - (handedBack?.timestamp ?? 0)).toBeGreaterThanOrEqual(waitMs);
        expect(await linesOf(id)).toEqual([
          `${id} begins`,
          expect.stringContaining('task handed back'),
          expect.stringContaining('platform.runtimeDone {"status":"error"'),
          `${id} begins`,
          `${id} ends`,
        ]);
      }
      expect(await linesOf(cutOff)).toEqual(
        expect.arrayContaining([
          `${cutOff} begins`,
          expect.stringContaining('platform.runtimeDone {"status":"error"'),
        ]),
      );
      expect((await linesOf(cutOff)).filter((line) => line.endsWith('ends'))).toEqual([]);
      expect((await notesOf(cutOff)).filter((note) => note.pid !== pid)).toEqual([]);
      expect(lines.filter((line) => line.includes(`killed beside ${cutOff}`))).toHaveLength(2);
    },
  );
});

describe('with cooperative stop', () => {
  test('a task that heeds its signal is stopped', async () => {
    const id = await api.accepted('polite', { payload: { does: 'heed', seconds: 600 } });
    await api.until('polite', id, 'Running');
    await api.stop('polite', id);
    const task = await api.until('polite', id, 'Stopped');
    expect(detailOf(task.events, 'Stopped').endedBy).toBe('cooperative');
  });

  test('a task that blocks its thread runs once, and is Stopping until its code has ended', async () => {
    const journal = join(temporaryFolder('blocking'), 'journal');
    const id = await api.accepted('polite', { payload: { does: 'hang', seconds: 5, journal } });
    await api.until('polite', id, 'Running');
    await api.stop('polite', id);
    const task = await api.until('polite', id, 'Stopped', 20_000);
    const notes = (await readFile(journal, 'utf-8'))
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(notes.map(([, , what]) => what)).toEqual(['begins', 'ends']);
    expect(task.events.at(-1)?.timestamp).toBeGreaterThanOrEqual(Number(notes[1]?.[3]));
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
