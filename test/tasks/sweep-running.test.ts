import { expect, test } from 'vitest';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { newTask } from '../aws/tasks.ts';
import { idsOfOneShard, NOTHING, startSweepWorld } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startSweepWorld();
const { submit, read, messages, purge, sweep, time } = world;

const LEASE_MS = 60_000;

/** A task whose run has died with its process: it is Running, and nobody keeps its lease alive. */
async function dying(functionName: string): Promise<TaskKey> {
  const key = await submit({ functionName });
  await world.store.start(key, {
    runId: `run-of-${key.taskId}`,
    now: time.now,
    leaseUntil: time.now + LEASE_MS,
    instanceId: 'i-1',
  });
  await purge();
  return key;
}

test('a run whose lease is over has failed its attempt, and the task is repeated after its back-off', async () => {
  const key = await dying('stubborn');
  time.now += LEASE_MS + 5001;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  expect(await read(key)).toMatchObject({
    status: 'Retrying',
    attempt: 1,
    notBefore: time.now + 500,
    error: { kind: 'UnhandledInvocationError', errorType: 'Runtime.ExitError' },
  });
  expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
  time.now += 1000;
  expect(await world.deliver(key)).toBe('done');
  expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 2 });
});

test('has failed its task when no attempt is left', async () => {
  const key = await dying('echo');
  time.now += LEASE_MS + 5001;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  expect(await read(key)).toMatchObject({ status: 'Failed', endTime: time.now });
  expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('that was to stop has stopped', async () => {
  const key = await dying('stubborn');
  await stopTask(world, key);
  time.now += LEASE_MS + 5001;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  const task = await read(key);
  expect(task).toMatchObject({ status: 'Stopped' });
  expect(JSON.parse(task?.events.at(-1)?.eventDetail ?? '')).toMatchObject({ endedBy: 'died' });
  expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('one whose lease lasts, or ended just now, is left alone', async () => {
  const key = await dying('stubborn');
  const before = await read(key);
  for (const wait of [LEASE_MS / 2, LEASE_MS / 2, 5000]) {
    time.now += wait;
    expect(await sweep()).toEqual(NOTHING);
  }
  expect(await read(key)).toEqual(before);
});

test('two sweeps at once end it once', async () => {
  const key = await dying('stubborn');
  time.now += LEASE_MS + 5001;
  await Promise.all([sweep(), sweep()]);
  const task = await read(key);
  expect(task?.events.map(({ status }) => status)).toEqual(['Enqueued', 'Processed', 'Running', 'Retrying']);
  expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
});

test('a run of a function that was removed is ended all the same', async () => {
  await world.register('leaving');
  const key = await dying('leaving');
  await world.register('leaving', { isDeleted: true });
  expect(await sweep()).toEqual(NOTHING);
  expect(await read(key)).toMatchObject({ status: 'Running' });
  time.now += LEASE_MS + 5001;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  expect(await read(key)).toMatchObject({ status: 'Failed' });
});

test('more than a page of them are all found, behind live ones too', async () => {
  const running = (leaseUntil: number) => (taskId: string) => ({
    ...newTask({ taskId, submitTime: time.now }),
    status: 'Running' as const,
    attempt: 1,
    runId: `run-of-${taskId}`,
    startTime: time.now,
    leaseUntil,
    instanceId: 'i-1',
    config: { maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 },
  });
  const ids = idsOfOneShard(330, SHARDS);
  await world.put(ids.slice(0, 20).map(running(time.now + LEASE_MS)));
  await world.put(ids.slice(20).map(running(time.now - LEASE_MS)));
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 310 });
});
