import { beforeEach, describe, expect, test, vi } from 'vitest';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import type { Task } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { getTask } from '../../lambdas/tasks/get-task.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { BUCKET, denyingObjects, losingResponses, TASK_TABLE } from '../aws/engines.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { submit, deliver, read, messages, purge, time } = world;

const failing = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  failure: taskFailure('HandledInvocationError', 'Error', 'first series'),
});

beforeEach(async () => {
  await purge();
});

async function failedTask(payload = '{"n":1}') {
  const key = await submit({ payload });
  await deliver(key, failing);
  await purge();
  return key;
}

test('runs a failed task again in a new series, and keeps its history', async () => {
  const key = await failedTask();
  const before = await read(key);
  time.now += 60_000;
  await redriveTask(world, key);
  const redriven = await read(key);
  expect(redriven).toMatchObject({
    status: 'Enqueued',
    series: 2,
    attempt: 0,
    submitTime: before?.submitTime,
  });
  for (const field of ['error', 'endTime', 'durationMs', 'runId']) expect(redriven).not.toHaveProperty(field);
  expect(await messages()).toMatchObject({ visible: 1 });
  const attempt = vi.fn((_: Task, _payload: string) => succeed());
  await deliver(key, attempt);
  expect(attempt.mock.calls[0]?.[1]).toBe('{"n":1}');
  const ended = await read(key);
  expect(ended).toMatchObject({ status: 'Succeeded', series: 2, attempt: 1 });
  expect(ended?.events.map(({ status }) => status)).toEqual([
    'Enqueued',
    'Processed',
    'Running',
    'Failed',
    'Enqueued',
    'Processed',
    'Running',
    'Succeeded',
  ]);
});

test.each([
  [
    'Stopped',
    async () => {
      const key = await submit();
      await stopTask(world, key);
      return key;
    },
  ],
  [
    'Expired',
    async () => {
      const key = await submit();
      time.now += 3_600_001;
      await deliver(key);
      return key;
    },
  ],
])('runs a task again that is %s', async (status, make) => {
  const key = await make();
  expect(await read(key)).toMatchObject({ status });
  await redriveTask(world, key);
  await deliver(key);
  expect(await read(key)).toMatchObject({ status: 'Succeeded', series: 2 });
});

test('a redrive follows a function whose queue was replaced within the last seconds', async () => {
  await world.register('moved');
  const key = await submit({ functionName: 'moved' });
  await deliver(key, failing);
  await purge();
  const gone = world.queueUrl.replace('/echo', '/gone');
  await world.register('moved', { queueUrl: gone });
  world.registry.forget('moved');
  await world.registry.find('moved', time.now);
  await world.register('moved');
  await redriveTask(world, key);
  expect(await world.receive()).toMatchObject({ key });
});

test('a redrive while S3 denies access to the payload answers 503, and takes when access is back', async () => {
  const key = await failedTask(JSON.stringify('x'.repeat(5000)));
  const before = await read(key);
  const denied = await denyingObjects();
  await expect(redriveTask(world, key)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect(await read(key)).toEqual(before);
  denied.mockRestore();
  await redriveTask(world, key);
  expect(await read(key)).toMatchObject({ status: 'Enqueued', series: 2 });
});

test('the age of a payload that a redrive has copied counts from the redrive', async () => {
  const key = await failedTask(JSON.stringify('x'.repeat(5000)));
  for (let days = 0; days < 24; days += 6) {
    time.now += 6 * 86_400_000;
    await redriveTask(world, key);
    await deliver(key, failing);
  }
  await purge();
  const denied = await denyingObjects();
  const outcome = redriveTask(
    { ...world, payloads: new PayloadStore({ bucketName: BUCKET, clock: world.clock }) },
    key,
  );
  await expect(outcome).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  denied.mockRestore();
});

describe('refuses', () => {
  test('a task that succeeded', async () => {
    const key = await submit();
    await deliver(key);
    const before = await read(key);
    await expect(redriveTask(world, key)).rejects.toMatchObject({
      code: 'RedriveNotAllowed',
      message: expect.stringContaining(
        'has status Succeeded, and must have one of Failed, Stopped, Expired, Invalid',
      ),
    });
    expect(await read(key)).toEqual(before);
  });

  test('a task that has not ended', async () => {
    const key = await submit();
    await expect(redriveTask(world, key)).rejects.toMatchObject({
      code: 'RedriveNotAllowed',
      message: expect.stringContaining('has not ended: it has status Enqueued'),
    });
  });

  test('an unknown task', async () => {
    const key = { functionName: 'echo', taskId: 'nobody' };
    await expect(redriveTask(world, key)).rejects.toMatchObject({ code: 'AsyncTaskNotFound' });
  });

  test('all but one of twenty at once', async () => {
    const key = await failedTask();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => redriveTask(world, key)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await read(key)).toMatchObject({ status: 'Enqueued', series: 2 });
    expect((await messages()).visible).toBe(1);
  });

  test('the twenty-first redrive of a task', async () => {
    const key = await failedTask();
    for (let redrive = 0; redrive < 20; redrive += 1) {
      await redriveTask(world, key);
      await deliver(key, failing);
    }
    await expect(redriveTask(world, key)).rejects.toMatchObject({
      message: expect.stringContaining('20 times'),
    });
    const task = await read(key);
    expect(task).toMatchObject({ status: 'Failed', series: 21 });
    expect(task?.events.length).toBeLessThanOrEqual(102);
  });
});

test('a run of the series before changes nothing, though it was never told', async () => {
  const key = await submit();
  let late: Promise<unknown> = Promise.resolve();
  await deliver(key, async () => {
    time.now += 75_001;
    // Taken for dead, failed, and redriven, while this code still runs.
    await deliver(key, succeed);
    await redriveTask(world, key);
    late = deliver(key, async () => ({ isSuccess: true, resultText: '"new series"' }));
    await late;
    return { isSuccess: true, resultText: '"old series"' };
  });
  expect(await read(key)).toMatchObject({ status: 'Succeeded', series: 2, result: { text: '"new series"' } });
});

test('copies a payload in S3, so that it outlives the new series', async () => {
  const payload = JSON.stringify('x'.repeat(5000));
  const key = await failedTask(payload);
  const before = await read(key);
  await redriveTask(world, key);
  const after = await read(key);
  expect(after?.payload).not.toEqual(before?.payload);
  expect((await getTask(world, key)).payloadText).toBe(payload);
});

test('knows its own write when the response was lost', async () => {
  const key = await failedTask();
  const client = world.newClient();
  losingResponses(client, 'UpdateItemCommand');
  const store = new TaskStore({ client, tableName: TASK_TABLE, shardCount: 4 });
  await redriveTask({ ...world, storeFor: () => store }, key);
  expect(await read(key)).toMatchObject({ status: 'Enqueued', series: 2 });
  expect((await messages()).visible).toBe(1);
});

test('a wake-up that cannot be sent leaves the task Enqueued, for the sweep to send', async () => {
  const key = await failedTask();
  const queue = new (class extends TaskQueue {
    override async send(): Promise<void> {
      throw new TaskModeError('ServiceUnavailable', 'SQS is away');
    }
  })({ client: world.sqs });
  await expect(redriveTask({ ...world, queue }, key)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect(await read(key)).toMatchObject({ status: 'Enqueued', series: 2 });
});
