import { describe, expect, test } from 'vitest';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { newTask } from '../aws/tasks.ts';
import { idsOfOneShard, NOTHING, startSweepWorld } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startSweepWorld();
const { submit, read, messages, purge, sweep, time } = world;

const MINUTE_MS = 60_000;
const NO_MESSAGES = { visible: 0, delayed: 0, inFlight: 0 };

/** A task whose submit died between its row and its message. */
async function orphan(functionName = 'echo'): Promise<TaskKey> {
  class DeadQueue extends TaskQueue {
    override async send(): Promise<void> {
      throw new TaskModeError('ServiceUnavailable', 'SQS is away');
    }
  }
  const taskId = `orphan-${Math.random().toString(36).slice(2)}`;
  const request = {
    functionName,
    taskId,
    requestId: 'r',
    tenant: 'tenant-1',
    delaySeconds: 0,
    payload: '{}',
  };
  const broken = { ...world, queue: new DeadQueue({ client: world.sqs }) };
  await expect(submitTask(broken, request)).rejects.toThrow('SQS is away');
  return { functionName, taskId };
}

describe('a task that was not started in time', () => {
  test('expires without waiting for its message', async () => {
    const key = await submit();
    time.now += 3600_000 + 1;
    expect(await sweep()).toEqual({ ...NOTHING, expired: 1 });
    expect(await read(key)).toMatchObject({ status: 'Expired', endTime: time.now });
    expect((await messages()).visible).toBe(1);
  });

  test('but may still be until its deadline is left alone', async () => {
    const key = await submit();
    const before = await read(key);
    time.now += 9 * MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    expect(await read(key)).toEqual(before);
  });

  test('never expires between attempts', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await world.deliver(key, async () => {
      const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
      return { isSuccess: false, failure };
    });
    time.now += 2 * 3600_000;
    expect(await sweep()).toMatchObject({ expired: 0 });
    expect(await read(key)).toMatchObject({ status: 'Retrying' });
  });

  test('is found behind more than a page of such', async () => {
    const submitTime = time.now - 2 * 3600_000;
    await world.put(idsOfOneShard(310, SHARDS).map((taskId) => newTask({ taskId, submitTime })));
    expect(await sweep()).toEqual({ ...NOTHING, expired: 310 });
    expect(await sweep()).toEqual(NOTHING);
  });

  test('expires once, though two sweeps run at once', async () => {
    const key = await submit();
    time.now += 3600_000 + 1;
    const [one, other] = await Promise.all([sweep(), sweep()]);
    expect(one.expired + other.expired).toBe(1);
    expect((await read(key))?.events.map(({ status }) => status)).toEqual(['Enqueued', 'Expired']);
  });
});

describe('a task whose message is lost', () => {
  test('is sent again after 2 minutes when the queue is empty, and then every 2 minutes', async () => {
    const key = await orphan();
    time.now += 2 * MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
    expect(await world.receive()).toMatchObject({ key });
    await purge();
    time.now += MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    time.now += MINUTE_MS + 1;
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
    await world.deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded' });
  });

  test('is so too between two attempts', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await world.deliver(key, async () => {
      const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
      return { isSuccess: false, failure };
    });
    await purge();
    time.now += 2 * MINUTE_MS + 501;
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
    expect(await world.receive()).toMatchObject({ key });
  });

  test('is none before it is due', async () => {
    await submit({ delaySeconds: 600 });
    await purge();
    time.now += 5 * MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    expect(await messages()).toEqual(NO_MESSAGES);
    time.now += 7 * MINUTE_MS + 1;
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
  });

  test('while its queue holds messages, is sent again at an age of 10 minutes, and when it is twice as old', async () => {
    await orphan();
    await submit({ delaySeconds: 900 });
    const resent: number[] = [];
    for (let minute = 1; minute <= 24; minute += 1) {
      time.now += MINUTE_MS;
      if ((await sweep()).orphans > 0) resent.push(minute);
    }
    expect(resent).toEqual([11, 23]);
  });

  test('is sent again by a sweep that died before it noted so, and runs once', async () => {
    const key = await orphan();
    time.now += 3 * MINUTE_MS;
    class DyingRows extends SweepRows {
      override async noteResent(): Promise<boolean> {
        throw new Error('died');
      }
    }
    const rows = new DyingRows({ client: world.dynamoDb, tableName: TASK_TABLE });
    expect((await world.report({ rows })).failureCount).toBe(1);
    await purge();
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 1 });
    expect(await world.receive()).toMatchObject({ key });
  });
});

describe('an ordinary backlog', () => {
  test('is not sent again', async () => {
    await Promise.all(Array.from({ length: 30 }, () => submit()));
    for (let minute = 1; minute <= 10; minute += 1) {
      time.now += MINUTE_MS;
      expect(await sweep()).toEqual(NOTHING);
    }
    expect(await messages()).toEqual({ ...NO_MESSAGES, visible: 30 });
  });

  test('that is old gets at most 100 messages more in a run', async () => {
    await submit();
    const submitTime = time.now - 30 * MINUTE_MS;
    await world.put(Array.from({ length: 300 }, () => newTask({ submitTime })));
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 100 });
    expect(await sweep()).toEqual({ ...NOTHING, orphans: 100 });
    expect((await messages()).visible).toBe(201);
  });
});

test('what stands behind a long backlog is reached run by run', async () => {
  await submit();
  const submitTime = time.now - 9 * MINUTE_MS;
  const ids = idsOfOneShard(1300, SHARDS);
  await world.put(ids.slice(0, 1299).map((taskId) => newTask({ taskId, submitTime })));
  const last = newTask({
    taskId: ids[1299] ?? '',
    submitTime: submitTime + 1,
    startDeadline: submitTime + 1,
  });
  await world.put([last]);
  const lookedTo = new Map<string, string>();
  let runs = 0;
  do runs += 1;
  while ((await sweep({ lookedTo })).expired === 0 && runs < 10);
  expect(runs).toBe(4);
  expect(await read(last)).toMatchObject({ status: 'Expired' });
});

describe('a function that was removed', () => {
  test('has every waiting task made Invalid, and nothing else is touched', async () => {
    await world.register('leaving', {
      defaults: { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 },
    });
    const waiting = await submit({ functionName: 'leaving' });
    const delayed = await submit({ functionName: 'leaving', delaySeconds: 600 });
    const retrying = await submit({ functionName: 'leaving' });
    await world.deliver(retrying, async () => {
      const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
      return { isSuccess: false, failure };
    });
    const ended = await submit({ functionName: 'leaving' });
    await world.deliver(ended);
    const other = await submit();
    await world.register('leaving', { isDeleted: true });
    expect(await sweep()).toEqual({ ...NOTHING, invalid: 3 });
    for (const key of [waiting, delayed, retrying]) {
      expect(await read(key)).toMatchObject({ status: 'Invalid', endTime: time.now });
    }
    expect(await read(ended)).toMatchObject({ status: 'Succeeded' });
    expect(await read(other)).toMatchObject({ status: 'Enqueued' });
    await world.deliver(waiting);
  });
});

describe('a function that is removed', () => {
  const DAY_MS = 24 * 60 * MINUTE_MS;
  const leaving = async () =>
    (await world.registry.list()).find(({ functionName }) => functionName === 'leaving');

  test('is forgotten once its last task is, and not before', async () => {
    await world.register('leaving', { isDeleted: true });
    expect(await sweep()).toEqual(NOTHING);
    expect(await leaving()).toMatchObject({ isDeleted: true, deletedTime: time.now });
    time.now += 21 * DAY_MS;
    expect(await sweep()).toEqual(NOTHING);
    expect(await leaving()).toMatchObject({ deletedTime: time.now - 21 * DAY_MS });
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, forgotten: 1 });
    expect(await leaving()).toBeUndefined();
    expect(await sweep()).toEqual(NOTHING);
  });

  test('is forgotten once, though two sweeps run at once', async () => {
    await world.register('leaving', { isDeleted: true, deletedTime: time.now - 22 * DAY_MS });
    const [one, other] = await Promise.all([sweep(), sweep()]);
    expect(one.forgotten + other.forgotten).toBe(1);
  });

  test.each([
    ['is seen to be removed', {}],
    ['is forgotten', { deletedTime: time.now - 22 * DAY_MS }],
  ])('stays as it is when it is deployed again right before it %s', async (_, fields) => {
    await world.register('leaving', { isDeleted: true, ...fields });
    const stale = await world.registry.list();
    await world.register('leaving', { runtimeConfig: { maxAsyncRetryAttempts: 1 } });
    class StaleRegistry extends FunctionRegistry {
      override list = async () => stale;
    }
    const registry = new StaleRegistry({ client: world.dynamoDb, tableName: FUNCTION_TABLE });
    expect(await sweep({ registry })).toEqual(NOTHING);
    const now = await leaving();
    expect(now).toMatchObject({ isDeleted: false, runtimeConfig: { maxAsyncRetryAttempts: 1 } });
    expect(now?.deletedTime).toBeUndefined();
  });
});

test('a function whose queues are gone does not keep the others from their sweep', async () => {
  const gone = world.queueUrl.replace('/echo', '/gone');
  await world.register('broken', { queueUrl: gone, deadLetterQueueUrl: gone });
  await orphan('broken');
  const lost = await orphan();
  time.now += 3 * MINUTE_MS;
  const { counts, failures, failureCount } = await world.report();
  expect(counts).toEqual({ ...NOTHING, orphans: 1 });
  expect(await world.receive()).toMatchObject({ key: lost });
  expect(failureCount).toBe(failures.length);
  expect([...new Set(failures.map(({ part }) => part))].sort()).toEqual([
    'dead letters of broken',
    'waiting tasks of broken',
  ]);
});

test('a sweep ends when its time is over, and says so', async () => {
  await submit();
  time.now += 3600_000 + 1;
  let reads = 0;
  const clock = () => {
    reads += 1;
    return reads === 1 ? time.now : time.now + 45_000;
  };
  expect(await world.report({ clock })).toMatchObject({ isComplete: false, counts: NOTHING });
  expect(await sweep()).toEqual({ ...NOTHING, expired: 1 });
});
