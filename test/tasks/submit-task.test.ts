import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { s3Client } from '../../lambdas/aws/clients.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import type { WriteOutcome } from '../../lambdas/aws/task-rows.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { CREATE_DEADLINE_MS } from '../../lambdas/domain/limits.ts';
import { getTask } from '../../lambdas/tasks/get-task.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { BUCKET, TASK_TABLE } from '../aws/engines.ts';
import { SHARDS, startWorld } from './world.ts';

const world = await startWorld();
const { submit, read, messages, purge, time } = world;

beforeEach(async () => {
  await purge();
});

async function objects(prefix: string): Promise<string[]> {
  const answer = await (await s3Client()).send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
  return (answer.Contents ?? []).map(({ Key = '' }) => Key);
}

const refused = (code: string, message = '') =>
  expect.objectContaining({ name: 'TaskModeError', code, message: expect.stringContaining(message) });

test('writes the row, then one message that names the task and nothing else', async () => {
  const key = await submit({ taskId: 'plain' });
  expect(key).toEqual({ functionName: 'echo', taskId: 'plain' });
  expect(await read(key)).toMatchObject({ status: 'Enqueued', attempt: 0, payload: { text: '{"n":1}' } });
  expect(await messages()).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
  expect(await world.receive()).toMatchObject({ key });
});

test('generates an id that is valid where none was given', async () => {
  const { taskId } = await submit();
  expect(taskId).toMatch(/^t-[0-9a-f-]{36}$/);
});

test('delays the message, and the row says until when', async () => {
  const key = await submit({ delaySeconds: 300 });
  expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
  expect(await read(key)).toMatchObject({
    dueTime: time.now + 300_000,
    notBefore: time.now + 300_000,
    startDeadline: time.now + 300_000 + 3_600_000,
  });
});

describe('refuses', () => {
  test.each([
    [
      'an unknown function',
      { functionName: 'nobody' },
      'FunctionNotFound',
      "function 'nobody' does not exist.",
    ],
    ['a payload that is not JSON', { payload: '{' }, 'InvalidArgument', 'payload must be JSON'],
    ['a payload over 1 MiB', { payload: `"${'x'.repeat(1_048_575)}"` }, 'EntityTooLarge', '1048576 bytes'],
  ])('%s, and nothing is written or sent', async (_, request, code, message) => {
    await expect(submit({ taskId: 'refused', ...request })).rejects.toEqual(refused(code, message));
    expect(await read({ functionName: 'echo', taskId: 'refused' })).toBeUndefined();
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    expect(await objects('payloads/echo/refused/')).toEqual([]);
  });

  test('a function that was removed', async () => {
    await world.register('removed', { isDeleted: true });
    await expect(submit({ functionName: 'removed' })).rejects.toEqual(refused('FunctionNotFound'));
  });

  test('a taken id, telling the first status; the first task and its bytes are untouched', async () => {
    const payload = JSON.stringify('first'.repeat(1000));
    const key = await submit({ taskId: 'taken', payload });
    const first = await read(key);
    const second = submit({ taskId: 'taken', payload: JSON.stringify('second'.repeat(1000)) });
    await expect(second).rejects.toEqual(refused('AsyncTaskAlreadyExists', 'with status Enqueued'));
    expect(await read(key)).toEqual(first);
    expect((await getTask(world, key)).payloadText).toBe(payload);
    expect(await objects('payloads/echo/taken/')).toHaveLength(1);
    expect((await messages()).visible).toBe(1);
  });

  test('nineteen of twenty at once with one id', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => submit({ taskId: 'raced' })));
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(reasons).toEqual(Array.from({ length: 19 }, () => 'AsyncTaskAlreadyExists'));
    expect((await messages()).visible).toBe(1);
  });
});

test('keeps a large payload in S3 under its own name, and reads it back whole', async () => {
  const payload = JSON.stringify({ text: 'ü'.repeat(100_000) });
  const key = await submit({ taskId: 'large', payload });
  expect(await read(key)).toMatchObject({
    payload: { objectKey: expect.stringMatching(/^payloads\/echo\/large\/[0-9a-f-]{36}$/) },
  });
  expect((await getTask(world, key)).payloadText).toBe(payload);
});

test('a write that is made again has a submit time of its own', async () => {
  class CrowdedStore extends TaskStore {
    tries = 0;
    override async create(...args: Parameters<TaskStore['create']>): Promise<WriteOutcome> {
      this.tries += 1;
      if (this.tries === 3) return super.create(...args);
      time.now += CREATE_DEADLINE_MS;
      // Its id was taken by a row that is gone when it is read.
      return { isWritten: false, current: undefined };
    }
  }
  const store = new CrowdedStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
  const beginTime = time.now;
  const key = await world.submitAs({ ...world, storeFor: () => store }, { delaySeconds: 60 });
  expect(await read(key)).toMatchObject({
    submitTime: beginTime + 2 * CREATE_DEADLINE_MS,
    dueTime: beginTime + 2 * CREATE_DEADLINE_MS + 60_000,
  });
});

describe('when the wake-up cannot be sent', () => {
  class FailingQueue extends TaskQueue {
    override async send(): Promise<void> {
      throw new TaskModeError('ServiceUnavailable', 'SQS is away');
    }
  }
  const broken = { ...world, queue: new FailingQueue({ client: world.sqs }) };
  const request = {
    functionName: 'echo',
    requestId: 'r',
    tenant: 'tenant-1',
    delaySeconds: 0,
    payload: '{}',
  };

  test('answers ServiceUnavailable and keeps the row', async () => {
    const key = { functionName: 'echo', taskId: 'unsent' };
    await expect(submitTask(broken, { ...request, ...key })).rejects.toEqual(refused('ServiceUnavailable'));
    expect(await read(key)).toMatchObject({ status: 'Enqueued' });
  });

  test('a repeat within 5 s sends nothing, for the first may still be at it', async () => {
    const taskId = 'unsent-early';
    await submitTask(broken, { ...request, taskId }).catch(() => undefined);
    time.now += 4000;
    await expect(submit({ taskId })).rejects.toEqual(refused('AsyncTaskAlreadyExists'));
    expect((await messages()).visible).toBe(0);
  });

  test('a later repeat sends it, and answers that the task exists', async () => {
    const taskId = 'unsent-late';
    await submitTask(broken, { ...request, taskId }).catch(() => undefined);
    time.now += 6000;
    await expect(submit({ taskId })).rejects.toEqual(refused('AsyncTaskAlreadyExists'));
    expect((await messages()).visible).toBe(1);
  });

  test('after a repeat has sent it, nothing is undone: the task runs once', async () => {
    const key = { functionName: 'echo', taskId: 'unsent-slow' };
    const sending = Promise.withResolvers<void>();
    class HangingQueue extends TaskQueue {
      override send = () => sending.promise;
    }
    const hanging = { ...world, queue: new HangingQueue({ client: world.sqs }) };
    const first = submitTask(hanging, { ...request, ...key });
    await expect.poll(() => read(key)).toBeDefined();
    time.now += 6000;
    await expect(submit(key)).rejects.toEqual(refused('AsyncTaskAlreadyExists'));
    sending.reject(new TaskModeError('ServiceUnavailable', 'SQS is away'));
    await expect(first).rejects.toEqual(refused('ServiceUnavailable'));
    expect(await read(key)).toMatchObject({ status: 'Enqueued' });
    expect(await world.receive()).toMatchObject({ key });
    await world.deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1 });
  });

  test('a repeat whose send fails too does not claim that the task is on its way', async () => {
    const taskId = 'unsent-twice';
    await submitTask(broken, { ...request, taskId }).catch(() => undefined);
    time.now += 6000;
    await expect(submitTask(broken, { ...request, taskId })).rejects.toEqual(refused('ServiceUnavailable'));
  });

  test('a repeat of a task that is not due yet sends nothing', async () => {
    const key = await submit({ taskId: 'later', delaySeconds: 600 });
    time.now += 60_000;
    await expect(submit({ taskId: key.taskId })).rejects.toEqual(refused('AsyncTaskAlreadyExists'));
    expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
  });
});

test('follows a function whose queue was replaced within the last seconds', async () => {
  const gone = world.queueUrl.replace('/echo', '/gone');
  await world.register('moved', { queueUrl: gone });
  await world.registry.find('moved', time.now);
  await world.register('moved');
  const key = await submit({ functionName: 'moved' });
  expect(await world.receive()).toMatchObject({ key });
});
