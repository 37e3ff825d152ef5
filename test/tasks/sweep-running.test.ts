import { expect, test, vi } from 'vitest';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import type { Task, TaskKey } from '../../lambdas/domain/task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
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
  await world.deliver(key);
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

/** A run as a row has it, one that began in the same instant as its first lease. */
const running =
  (leaseUntil: number) =>
  (taskId: string): Task => ({
    ...newTask({ taskId, submitTime: time.now }),
    status: 'Running',
    attempt: 1,
    runId: `run-of-${taskId}`,
    startTime: time.now,
    leaseUntil,
    instanceId: 'i-1',
    config: { maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 },
  });

test('more than a page of dead runs are all found, behind live ones too', async () => {
  const ids = idsOfOneShard(330, SHARDS);
  await world.put(ids.slice(0, 20).map(running(time.now + LEASE_MS)));
  await world.put(ids.slice(20).map(running(time.now - LEASE_MS)));
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 310 });
});

test('a dead run behind 3,100 live ones of its shard is found by the next run of the sweep', async () => {
  const ids = idsOfOneShard(3101, SHARDS);
  const live = ids.slice(0, 3100);
  const [dead = ''] = ids.slice(3100);
  for (let n = 0; n < live.length; n += 25)
    await world.put(live.slice(n, n + 25).map(running(time.now + 86_400_000)));
  time.now += 1;
  await world.put([running(time.now - LEASE_MS)(dead)]);
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  expect(await read({ functionName: 'echo', taskId: dead })).toMatchObject({ status: 'Failed' });
}, 120_000);

test('a live run whose first lease is over stays as it is, and is found once its heartbeats end', async () => {
  const key = await dying('stubborn');
  const { runId = '' } = (await read(key)) as { runId?: string };
  time.now += LEASE_MS;
  await world.store.extendLease(key, runId, { now: time.now, leaseUntil: time.now + LEASE_MS });
  time.now += 30_000;
  expect(await sweep()).toEqual(NOTHING);
  time.now += LEASE_MS;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
});

test('the rows of runs that have not outlived their first lease are not read', async () => {
  await dying('stubborn');
  time.now += LEASE_MS / 2;
  const readAll = vi.spyOn(world.dependencies.rows, 'readAll');
  expect(await sweep()).toEqual(NOTHING);
  expect(readAll).not.toHaveBeenCalled();
  time.now += LEASE_MS;
  expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
  expect(readAll).toHaveBeenCalledTimes(1);
  readAll.mockRestore();
});

test('a run out of time goes on behind the place where it ended, and then begins again', async () => {
  const ids = idsOfOneShard(250, SHARDS);
  await world.put(ids.map(running(time.now + 86_400_000)));
  const looked: string[] = [];
  const rows = new SweepRows({ client: world.dynamoDb, tableName: TASK_TABLE });
  const lookedTo = new Map<string, string>();
  let turns = 0;
  const watched = Object.create(rows, {
    readAll: {
      value: async (keys: readonly TaskKey[]) => {
        turns += 1;
        looked.push(...keys.map(({ taskId }) => taskId));
        return rows.readAll(keys);
      },
    },
  }) as SweepRows;
  const start = time.now;
  // Time is over after two turns.
  const clock = () => (turns >= 2 ? start + 60_000 : start);
  expect(await world.report({ rows: watched, lookedTo, clock })).toMatchObject({ isComplete: false });
  const first = [...looked];
  looked.length = 0;
  turns = -100;
  expect(await world.report({ rows: watched, lookedTo, clock })).toMatchObject({ isComplete: true });
  expect(first).toHaveLength(200);
  expect(looked[0]).toBe(first[100]);
  expect(new Set([...first, ...looked]).size).toBe(250);
});
