import { beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../bench/chaos/random.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import type { Waiters } from '../../lambdas/aws/waiters.ts';
import {
  BATCH_DEADLINE_MS,
  CREATE_DEADLINE_MS,
  INDEX_LAG_MS,
  LIST_ASC_AGE_MS,
  REQUEST_DEADLINE_MS,
} from '../../lambdas/domain/limits.ts';
import { sortKeyOf } from '../../lambdas/domain/task.ts';
import type { Waiter } from '../../lambdas/domain/waiter.ts';
import { attachTask } from '../../lambdas/tasks/attach-task.ts';
import { getTask } from '../../lambdas/tasks/get-task.ts';
import { type ListRequest, listTasks } from '../../lambdas/tasks/list-tasks.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { type SubmitDependencies, submitTask } from '../../lambdas/tasks/submit-task.ts';
import { submitTasks } from '../../lambdas/tasks/submit-tasks.ts';
import { submitTriggered } from '../../lambdas/tasks/submit-triggered.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { IndexLag } from '../aws/index-lag.ts';
import { NOTHING, startSweepWorld } from './sweep-world.ts';
import { SHARDS, succeed } from './world.ts';

const world = await startSweepWorld();
const lag = await IndexLag.start(world);
const { submit, deliver, read, sweep, messages, time } = world;

const MINUTE_MS = 60_000;

beforeEach(async () => {
  lag.hasArrived = () => true;
  await lag.catchUp();
});

const page = (request: Partial<ListRequest> = {}) =>
  listTasks(world, {
    functionName: 'echo',
    begin: 0,
    end: 999_999_999_999_999,
    order: 'desc',
    limit: 5,
    includePayload: false,
    ...request,
  });

const idsOf = async (request: Partial<ListRequest> = {}) =>
  (await page(request)).tasks.map(({ task }) => task.taskId);

test('a task is read at once after its submit and after each move, though no index knows of it', async () => {
  lag.hasArrived = () => false;
  const key = await submit();
  expect(await getTask(world, key)).toMatchObject({ task: { status: 'Enqueued' } });
  await deliver(key, succeed);
  expect(await getTask(world, key)).toMatchObject({ task: { status: 'Succeeded' } });
  expect(await idsOf()).toEqual([]);
  await lag.catchUp();
  expect(await idsOf()).toEqual([key.taskId]);
});

describe('while tasks are being added', () => {
  test.each([1, 2, 3, 4, 5])(
    'an ascending list has no gap, whatever arrives when (seed %d)',
    async (seed) => {
      const random = seededRandom(seed, 'lag');
      lag.hasArrived = ({ ms }) => ms >= INDEX_LAG_MS || random() < 0.3;
      const submitted: string[] = [];
      const listed: string[] = [];
      let after: string | undefined;
      for (let round = 0; round < 30; round += 1) {
        for (let number = random() * 6; number > 0; number -= 1) {
          submitted.push((await submit({ taskId: `t-${submitted.length}` })).taskId);
          time.now += Math.ceil(random() * 400);
        }
        const { tasks } = await page({ order: 'asc', after });
        listed.push(...tasks.map(({ task }) => task.taskId));
        const last = tasks.at(-1)?.task;
        after = last ? sortKeyOf(last.submitTime, last.taskId) : after;
      }
      expect(listed.length).toBeGreaterThan(10);
      expect(listed).toEqual(submitted.slice(0, listed.length));
    },
  );

  /**
   * Lists the tail of a function's tasks twice a second, while one task is submitted each time, and one is written
   * `lateMs` after its submit time.
   */
  const followTail = async (lateMs: number, submitLate: (deps: SubmitDependencies) => Promise<unknown>) => {
    lag.hasArrived = ({ ms }) => ms >= INDEX_LAG_MS;
    const [stamped, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    class SlowStore extends TaskStore {
      override async create(...args: Parameters<TaskStore['create']>) {
        stamped.resolve();
        await taken.promise;
        return super.create(...args);
      }
    }
    const store = new SlowStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    const beginTime = time.now;
    const late = submitLate({ ...world, storeFor: () => store });
    await stamped.promise;
    const listed: string[] = [];
    let after: string | undefined;
    while (time.now <= beginTime + lateMs + LIST_ASC_AGE_MS) {
      if (time.now === beginTime + lateMs) {
        taken.resolve();
        await late;
      }
      const { tasks } = await page({ order: 'asc', begin: beginTime, after, limit: 100 });
      listed.push(...tasks.map(({ task }) => task.taskId));
      const last = tasks.at(-1)?.task;
      after = last ? sortKeyOf(last.submitTime, last.taskId) : after;
      time.now += 500;
      await submit({ taskId: `next-${time.now}` });
    }
    return listed;
  };

  const common = { functionName: 'echo', requestId: 'r', tenant: 't', delaySeconds: 0, payload: '{}' };
  const waiter: Waiter = { token: 'token', executionId: 'execution', waitFor: 'task' };
  const { ends, followUpQueueUrl } = world;
  const attaching = { waiters: {} as Waiters, pause: async () => undefined, ends, followUpQueueUrl };

  test.each<[string, number, (deps: SubmitDependencies, taskId: string) => Promise<unknown>]>([
    ['submit', REQUEST_DEADLINE_MS, (deps, taskId) => submitTask(deps, { ...common, taskId })],
    ['batch', BATCH_DEADLINE_MS, (deps, taskId) => submitTasks(deps, 'echo', [{ ...common, taskId }])],
    [
      'trigger',
      CREATE_DEADLINE_MS,
      (deps, taskId) => submitTriggered(deps, { ...common, taskId, trigger: 'nightly' }),
    ],
    [
      'workflow',
      CREATE_DEADLINE_MS,
      (deps, taskId) => attachTask({ ...deps, ...attaching }, { ...common, taskId, waiter }),
    ],
  ])(
    'a reader that follows the tail misses no task, though the write of a %s succeeds as late as it may (%d ms)',
    async (name, lateMs, submitLate) => {
      time.now += 3_600_000;
      const taskId = `late-${name}`;
      const listed = await followTail(lateMs, (deps) => submitLate(deps, taskId));
      expect(listed[0]).toBe(taskId);
      expect(listed.length).toBeGreaterThan(lateMs / 500);
      expect(new Set(listed).size).toBe(listed.length);
    },
  );

  test('a descending list holds each task once that is older than the lag', async () => {
    const random = seededRandom(1, 'lag');
    lag.hasArrived = ({ ms }) => ms >= INDEX_LAG_MS || random() < 0.3;
    const old: string[] = [];
    for (let number = 0; number < 20; number += 1) {
      old.unshift((await submit({ taskId: `old-${number}` })).taskId);
      time.now += 100;
    }
    time.now += INDEX_LAG_MS;
    const listed: string[] = [];
    let after: string | undefined;
    do {
      const { tasks, readTo } = await page({ after });
      listed.push(...tasks.map(({ task }) => task.taskId));
      after = readTo;
      await submit();
      time.now += 100;
    } while (after !== undefined);
    expect(listed.filter((id) => id.startsWith('old-'))).toEqual(old);
    expect(new Set(listed).size).toBe(listed.length);
  });
});

test('a list by status never shows a task in a status that it has left', async () => {
  const keys = [await submit(), await submit(), await submit()];
  await lag.catchUp();
  lag.hasArrived = () => false;
  for (const key of keys.slice(1)) await stopTask(world, key);
  expect(await idsOf({ status: 'Enqueued' })).toEqual([keys[0]?.taskId]);
  expect(await idsOf({ status: 'Stopped' })).toEqual([]);
});

describe('the sweep', () => {
  test('leaves a task alone that has moved on, though its index still says that it needs somebody', async () => {
    const done = await submit();
    const delayed = await submit({ delaySeconds: 3600 });
    const stopped = await submit({ functionName: 'stubborn' });
    const run = { runId: 'gone', now: time.now, leaseUntil: time.now + 1000, instanceId: 'i' };
    const dead = await submit();
    await world.store.start(dead, run);
    await lag.catchUp();
    lag.hasArrived = () => false;
    await deliver(done, succeed);
    for (const key of [delayed, stopped]) await stopTask(world, key);
    time.now += 10_000;
    await deliver(dead);
    const before = await Promise.all([done, delayed, stopped, dead].map(read));
    expect(before.map((task) => task?.status)).toEqual(['Succeeded', 'Stopped', 'Stopped', 'Failed']);
    await world.purge();
    time.now += 70 * MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    expect(await Promise.all([done, delayed, stopped, dead].map(read))).toEqual(before);
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  test('sees to a task when its index knows of it, and not before', async () => {
    lag.hasArrived = () => false;
    const overdue = await submit();
    const delayed = await submit({ delaySeconds: 3600 });
    time.now += 65 * MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    await lag.catchUp();
    expect(await sweep()).toEqual({ ...NOTHING, expired: 1, wokenUp: 1 });
    expect(await read(overdue)).toMatchObject({ status: 'Expired' });
    expect(await read(delayed)).toMatchObject({ status: 'Enqueued' });
  });
});
