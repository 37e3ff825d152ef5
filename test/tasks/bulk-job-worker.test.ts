import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { toBulkJobMessageBody } from '../../lambdas/aws/message.ts';
import { ENV } from '../../lambdas/domain/env.ts';
import { setEnvironment } from '../fuzz/environment.ts';
import { idsOf, startBulkWorld } from './bulk-world.ts';

const world = await startBulkWorld();
world.time.now = Date.now();
setEnvironment({ ...world.endpoints, lambda: '', cloudWatch: '', logs: '' }, undefined);
process.env[ENV.bulkJobQueueUrl] = world.bulkJobQueueUrl;
const { handler } = await import('../../lambdas/bulk-job.lambda.ts');

/** What the event source invokes it with, and how it has the message left. */
const deliver = async (body: string, remainingMs: number) => {
  const QueueUrl = world.bulkJobQueueUrl;
  await world.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  const received = await world.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 360 }));
  const [message] = received.Messages ?? [];
  const event = {
    Records: [{ messageId: message?.MessageId, body: message?.Body, receiptHandle: message?.ReceiptHandle }],
  } as unknown as SQSEvent;
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
  const { batchItemFailures } = await handler(event, context);
  return { isKept: batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === message?.MessageId) };
};

const order = async () => {
  const functionName = await world.newFunction();
  await world.submitMany(functionName, idsOf('t-', 3));
  const job = await world.start({ functionName });
  await world.wokenJobs();
  return job;
};

test('a job that does not end in time keeps its message, which comes again within seconds', async () => {
  const job = await order();
  expect(await deliver(toBulkJobMessageBody(job), 40_000)).toEqual({ isKept: true });
  expect(await world.readJob(job)).toMatchObject({ status: 'Running', done: 0, leaseUntil: 0 });
  await expect.poll(() => world.wokenJobs(), { timeout: 10_000 }).toContain(job.bulkJobId);
});

test('a job that has ended has its message go', async () => {
  const job = await order();
  expect(await deliver(toBulkJobMessageBody(job), 300_000)).toEqual({ isKept: false });
  expect(await world.readJob(job)).toMatchObject({ status: 'Succeeded', done: 3 });
  expect(await deliver(toBulkJobMessageBody(job), 300_000)).toEqual({ isKept: false });
});

test('a message about no job goes', async () => {
  expect(await deliver('{"functionName":"echo","taskId":"t-1"}', 300_000)).toEqual({ isKept: false });
  const unknown = { functionName: 'echo', bulkJobId: 'nobody' };
  expect(await deliver(toBulkJobMessageBody(unknown), 300_000)).toEqual({ isKept: false });
});
