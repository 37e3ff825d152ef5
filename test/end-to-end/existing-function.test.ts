import { expect, inject, test } from 'vitest';
import { statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api } = await startExample({ assemblyDir: inject('unrulyAssemblyDir') });

test('an existing function runs tasks unchanged', async () => {
  const id = await api.accepted('legacy', { payload: { seconds: 0 } });
  const task = await api.until('legacy', id, 'Succeeded');
  expect(task.returnPayload).toBe('{"legacy":true}');
  expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Succeeded']);
});

test('code of every kind gets the trace of its submit, and GetAsyncTask tells it', async () => {
  const trace = { traceparent: `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`, tracestate: 'a=1' };
  const done = async (name: string) =>
    api.until(name, await api.accepted(name, { headers: trace }), 'Succeeded');
  const byLegacy = await done('legacy');
  expect(JSON.parse(byLegacy.returnPayload ?? '')).toEqual({ legacy: true, custom: trace });
  expect(byLegacy).toMatchObject(trace);
  const byHandler = await done('unruly');
  expect(JSON.parse(byHandler.returnPayload ?? '')).toMatchObject(trace);
  const called = await api.invoke('unruly', {}, trace);
  expect(await called.json()).toMatchObject(trace);
});

test('what it throws is its failure, with its type, message and place', async () => {
  const id = await api.accepted('legacy', { payload: { fails: true } });
  const task = await api.until('legacy', id, 'Failed');
  expect(task.taskErrorMessage).toMatch(
    /^HandledInvocationError: RangeError: as it was told\n.*legacy\.cjs/s,
  );
});

test('a stop ends the waiting, and what it answers later counts no more', async () => {
  const id = await api.accepted('legacy', { payload: { seconds: 6 } });
  await api.until('legacy', id, 'Running');
  await api.stop('legacy', id);
  const task = await api.until('legacy', id, 'Stopped');
  const { endedBy, tookMs } = JSON.parse(task.events.at(-1)?.eventDetail ?? '{}');
  expect(endedBy).toBe('fenced');
  expect(tookMs).toBeLessThan(3000);
  // It is still at it: the next task of the function is done by another instance, and the first stays stopped.
  const next = await api.accepted('legacy', { payload: { seconds: 6 } });
  await api.until('legacy', next, 'Succeeded');
  expect(await api.task('legacy', id)).toEqual(task);
});

test("its own time-out is the task's failure, and not its own error", async () => {
  const id = await api.accepted('legacy-short', { payload: { seconds: 60 } });
  const task = await api.until('legacy-short', id, 'Failed');
  expect(task.taskErrorMessage).toMatch(/^UnhandledInvocationError: .*timed out/i);
});

test('a function that does not exist fails its tasks by the name of AWS', async () => {
  const id = await api.accepted('legacy-gone');
  const task = await api.until('legacy-gone', id, 'Failed');
  expect(task.taskErrorMessage).toContain(
    'Lambda.ResourceNotFoundException: the existing function was not invoked: it does not exist',
  );
});
