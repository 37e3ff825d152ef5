import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSEvent } from 'aws-lambda';
import { beforeEach, expect, test, vi } from 'vitest';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { toBulkJobMessageBody } from '../../lambdas/aws/message.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { ENV } from '../../lambdas/domain/env.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { setEnvironment } from '../fuzz/environment.ts';
import { idsOf, startBulkWorld } from './bulk-world.ts';

const world = await startBulkWorld();
world.time.now = Date.now();
setEnvironment({ ...world.endpoints, lambda: '', cloudWatch: '', logs: '' }, undefined);
process.env[ENV.bulkJobQueueUrl] = world.bulkJobQueueUrl;
const { handler } = await import('../../lambdas/bulk-job.lambda.ts');

/** Invokes the handler as the event source does; tells whether the message comes again by itself. */
const deliver = async (body: string, { remainingMs = 300_000, sentTime = Date.now() } = {}) => {
  const event = {
    Records: [
      {
        messageId: 'm-1',
        body,
        attributes: { SentTimestamp: String(sentTime) },
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:bulk-jobs',
      },
    ],
  } as unknown as SQSEvent;
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
  const { batchItemFailures } = await handler(event, context);
  return { isKept: batchItemFailures.length > 0 };
};

const order = async () => {
  const functionName = await world.newFunction();
  await world.submitMany(functionName, idsOf('t-', 3));
  const job = await world.start({ functionName });
  await world.wokenJobs();
  return job;
};

/** The fresh messages that the handler has sent, with their delays. */
const send = vi.spyOn(TaskQueue.prototype, 'sendBulkJob');
const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);

beforeEach(() => {
  send.mockClear();
  logged.mockClear();
});

const away = new TaskModeError('ServiceUnavailable', 'DynamoDB is away');

test('a bulk job that does not end in time goes on with a fresh message, and its own goes', async () => {
  const job = await order();
  send.mockClear();
  expect(await deliver(toBulkJobMessageBody(job), { remainingMs: 40_000 })).toEqual({ isKept: false });
  expect(await world.readJob(job)).toMatchObject({ status: 'Running', done: 0, leaseUntil: 0 });
  expect(send.mock.calls.map(([, , delaySeconds]) => delaySeconds)).toEqual([1]);
  await expect.poll(() => world.wokenJobs(), { timeout: 10_000 }).toContain(job.bulkJobId);
});

test('a bulk job keeps its message while a fresh one cannot be sent', async () => {
  const job = await order();
  send.mockRejectedValueOnce(away);
  expect(await deliver(toBulkJobMessageBody(job), { remainingMs: 40_000 })).toEqual({ isKept: true });
});

test('a bulk job that AWS does not let be worked on is tried again by fresh messages for 20 minutes', async () => {
  const job = await order();
  const claim = vi.spyOn(BulkJobStore.prototype, 'get').mockRejectedValue(away);
  const sentTime = Date.now() - 60_000;
  send.mockClear();
  send.mockResolvedValue(undefined);
  expect(await deliver(toBulkJobMessageBody(job), { sentTime })).toEqual({ isKept: false });
  const [, next, delaySeconds] = send.mock.calls[0] ?? [];
  const { functionName, bulkJobId } = job;
  expect(next).toEqual({ functionName, bulkJobId, failingSince: sentTime });
  expect(delaySeconds).toBe(30);

  const young = toBulkJobMessageBody({ functionName, bulkJobId, failingSince: Date.now() - 19 * 60_000 });
  expect(await deliver(young)).toEqual({ isKept: false });
  expect(send.mock.calls[1]?.[1]).toEqual(JSON.parse(young));
  // From then on SQS counts the receives, up to the dead-letter queue.
  const old = toBulkJobMessageBody({ functionName, bulkJobId, failingSince: Date.now() - 21 * 60_000 });
  expect(await deliver(old)).toEqual({ isKept: true });
  expect(send).toHaveBeenCalledTimes(2);
  claim.mockRestore();
  send.mockRestore();
});

test('the message of a bulk job that has ended goes', async () => {
  const job = await order();
  expect(await deliver(toBulkJobMessageBody(job))).toEqual({ isKept: false });
  expect(await world.readJob(job)).toMatchObject({ status: 'Succeeded', done: 3 });
  expect(await deliver(toBulkJobMessageBody(job))).toEqual({ isKept: false });
  expect(logged).not.toHaveBeenCalled();
});

test('the message of a bulk job that does not exist goes', async () => {
  const unknown = { functionName: 'echo', bulkJobId: 'nobody' };
  expect(await deliver(toBulkJobMessageBody(unknown))).toEqual({ isKept: false });
});

test.each([
  '{"functionName":"echo","taskId":"t-1"}',
  '{"functionName":"#x","bulkJobId":"b"}',
  'null',
  '[]',
  '{',
  '',
])('a message that names no bulk job is dropped, with one line that says where and why: %s', async (body) => {
  expect(await deliver(body)).toEqual({ isKept: false });
  const details = {
    queue: expect.stringContaining(':bulk-jobs'),
    messageId: 'm-1',
    reason: expect.any(String),
  };
  expect(logged.mock.calls).toEqual([['message dropped', details]]);
});
