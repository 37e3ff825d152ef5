import { beforeEach, describe, expect, test } from 'vitest';
import { TaskIndex } from '../../lambdas/aws/task-index.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { countTasks } from '../../lambdas/tasks/count-tasks.ts';
import { explainTask } from '../../lambdas/tasks/explain-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { submit, deliver, purge, time } = world;

beforeEach(async () => {
  await purge();
});

const one = async (functionName: string, deps = world) => {
  const { functions } = await countTasks(deps, { prefix: functionName, limit: 1 });
  return functions[0];
};

describe('counts of tasks', () => {
  test('are by status, of one function, with what its queue holds', async () => {
    await world.register('counted');
    for (let n = 0; n < 3; n += 1) await submit({ functionName: 'counted' });
    await stopTask(world, await submit({ functionName: 'counted', delaySeconds: 300 }));
    await deliver(await submit({ functionName: 'counted' }));
    await submit({ functionName: 'echo' });
    const counted = await one('counted');
    expect(Object.fromEntries(counted?.counts ?? [])).toEqual({
      Enqueued: 3,
      Processed: 0,
      Running: 0,
      Retrying: 0,
      Stopping: 0,
      Failed: 0,
      Stopped: 1,
      Expired: 0,
      Invalid: 0,
    });
    expect(counted?.atLeast).toEqual([]);
    expect(counted?.queue).toEqual({ visible: 5, delayed: 1, inFlight: 0 });
  });

  test('say of which statuses there may be more', async () => {
    class ShortIndex extends TaskIndex {
      override countShard(query: Parameters<TaskIndex['countShard']>[0]) {
        return super.countShard({ ...query, maxScanned: 1 });
      }
    }
    await world.register('many');
    for (let n = 0; n < 20; n += 1) await submit({ functionName: 'many' });
    const index = new ShortIndex({ client: world.dynamoDb, tableName: TASK_TABLE });
    const counted = await one('many', { ...world, index });
    expect(counted?.counts.get('Enqueued')).toBe(4);
    expect(counted?.atLeast).toEqual(['Enqueued', 'Processed', 'Retrying']);
  });

  test('have no queue while a deployment replaces it', async () => {
    await world.register('moved', { queueUrl: `${world.queueUrl}-gone` });
    expect(await one('moved')).toMatchObject({ queue: undefined });
  });

  test('come by name, page by page, without functions that were removed', async () => {
    for (const name of ['page-b', 'page-a', 'page-c']) await world.register(name);
    await world.register('page-gone', { isDeleted: true });
    const first = await countTasks(world, { prefix: 'page-', limit: 2 });
    expect(first.functions.map(({ record }) => record.functionName)).toEqual(['page-a', 'page-b']);
    const next = await countTasks(world, { prefix: 'page-', limit: 2, after: first.readTo });
    expect(next.functions.map(({ record }) => record.functionName)).toEqual(['page-c']);
    expect(next.readTo).toBeUndefined();
  });

  test('end a page early where time is up, and each page gets on', async () => {
    class SlowQueue extends TaskQueue {
      override counts(queueUrl: string) {
        time.now += 2000;
        return super.counts(queueUrl);
      }
    }
    const deps = { ...world, queue: new SlowQueue({ client: world.sqs }) };
    for (let n = 0; n < 9; n += 1) await world.register(`slow-${n}`);
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await countTasks(deps, { prefix: 'slow-', limit: 9, after });
      expect(page.functions.length).toBeGreaterThan(0);
      expect(page.functions.length).toBeLessThan(9);
      names.push(...page.functions.map(({ record }) => record.functionName));
      after = page.readTo;
    } while (after !== undefined);
    expect(names).toEqual(Array.from({ length: 9 }, (_, n) => `slow-${n}`));
  });
});

describe('an explanation', () => {
  test('counts what was submitted before a task, and what runs beside it', async () => {
    await world.register('explained', { scaling: { maxConcurrency: 2 } });
    const keys = [];
    for (let n = 0; n < 4; n += 1) {
      keys.push(await submit({ functionName: 'explained', taskId: `e${n}` }));
      time.now += 10;
    }
    const [first, , , last] = keys as [(typeof keys)[0], never, never, (typeof keys)[0]];
    const run = { runId: 'r', now: time.now, leaseUntil: time.now + 60_000, instanceId: 'i' };
    await world.store.start(first as never, run);
    expect(await explainTask(world, last as never)).toMatchObject({
      around: { running: { count: 1 }, ahead: { count: 2 }, queue: { visible: 4 } },
      explanation: { reason: 'Queued' },
    });
    expect(await explainTask(world, first as never)).toMatchObject({ explanation: { reason: 'Running' } });
  });

  test('knows of a pause at once', async () => {
    const key = await submit();
    expect(await explainTask(world, key)).toMatchObject({ explanation: { reason: 'Queued' } });
    await world.register('echo', { runtimeConcurrency: { tasksAtOnce: 0, changedTime: 1, revision: 'r' } });
    expect(await explainTask(world, key)).toMatchObject({ explanation: { reason: 'Paused' } });
    await world.register('echo');
  });

  test('tells an end, and of no task that there is none', async () => {
    const key = await submit();
    await deliver(key);
    expect(await explainTask(world, key)).toMatchObject({ explanation: { reason: 'Ended' } });
    await expect(explainTask(world, { ...key, taskId: 'nowhere' })).rejects.toMatchObject({
      code: 'AsyncTaskNotFound',
    });
  });
});
