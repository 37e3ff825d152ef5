import type { Context } from 'aws-lambda';
import { expect, test, vi } from 'vitest';
import { ENV } from '../../lambdas/domain/env.ts';

Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  [ENV.functionName]: 'echo',
  [ENV.taskTableName]: 'tasks',
  [ENV.payloadBucketName]: 'bucket',
  [ENV.queueUrl]: 'https://queue',
  [ENV.followUpQueueUrl]: 'https://follow-ups',
  [ENV.service]: 'test',
  [ENV.timeoutSeconds]: '60',
  [ENV.stop]: 'cooperative',
  [ENV.leaseSeconds]: '60',
  [ENV.hasHeartbeats]: 'false',
  [ENV.stopGraceSeconds]: '5',
  [ENV.shardCount]: '1',
});
const now = vi.spyOn(performance, 'now').mockReturnValue(1234);
const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
vi.mock('../../lambdas/worker/run-log.ts', async (original) => ({
  ...(await original<object>()),
  logDroppedMessage: vi.fn(),
}));
const { logDroppedMessage } = await import('../../lambdas/worker/run-log.ts');
const { taskWorker } = await import('../../lambdas/worker/task-worker.ts');

const execute = async () => ({ isSuccess: true, resultText: '1' }) as const;
const context = { getRemainingTimeInMillis: () => 70_000 } as Context;

test('a cold start lasts until the end of INIT, however long the instance is frozen after that', async () => {
  const handler = taskWorker({ execute });
  now.mockReturnValue(9_000_000);
  written.mockClear();
  await expect(handler({}, context)).rejects.toThrow("want a batch of the queue's messages");
  const lines = written.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('ColdStart'));
  expect(lines.map((line) => JSON.parse(line).ColdStartDuration)).toEqual([1234]);
  await expect(handler({}, context)).rejects.toThrow();
  expect(written.mock.calls.filter(([line]) => String(line).includes('ColdStart'))).toHaveLength(1);
});

test('an instance whose module could not be loaded ends when it is called again', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  const handler = taskWorker({ execute, isBroken: () => true });
  await expect(handler({}, context)).rejects.toThrow('want a batch');
  expect(exit).not.toHaveBeenCalled();
  await expect(handler({}, context)).rejects.toThrow('exit');
  expect(exit).toHaveBeenCalledWith(1);
});

test('a message that is malformed or for another function is dropped with its queue and the reason, and is not failed', async () => {
  const bodies = [
    'no JSON',
    '{"functionName":"other","taskId":"a"}',
    '{"functionName":"echo","taskId":"a/../b"}',
    '{"invocation":{"functionName":"echo","invocationId":"i-1","config":null}}',
  ];
  const Records = bodies.map((body, index) => ({
    messageId: String(index),
    receiptHandle: 'h',
    eventSource: 'aws:sqs',
    attributes: {},
    body,
  }));
  const handler = taskWorker({ execute });
  // Messages that are handled before the last are deleted at once, which needs SQS: here it is away.
  const { sqs } = await import('../../lambdas/aws/clients.ts');
  vi.spyOn(sqs, 'send').mockImplementation(async () => ({}));
  expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] });
  expect(vi.mocked(logDroppedMessage).mock.calls).toEqual([
    ['echo', '0', 'it is malformed'],
    ['echo', '1', 'it is for another function'],
    ['echo', '2', 'it is malformed'],
    ['echo', '3', 'it is malformed'],
  ]);
  const counted = written.mock.calls.filter(([line]) => String(line).includes('"DroppedMessageCount":1'));
  expect(counted).toHaveLength(4);
});
