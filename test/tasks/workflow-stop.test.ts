import { Logger } from '@aws-lambda-powertools/logger';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { beforeEach, expect, test, vi } from 'vitest';
import { Executions } from '../../lambdas/aws/executions.ts';
import { parseExecutionEnd, toExecutionEndBody } from '../../lambdas/aws/message.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { ENV } from '../../lambdas/domain/env.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { startWaitingStates } from '../aws/waiting-states.ts';
import { setEnvironment } from '../fuzz/environment.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
world.time.now = Date.now();
const states = await startWaitingStates();
setEnvironment({ ...world.endpoints, lambda: '', cloudWatch: '', logs: '' }, undefined);
const queueUrl = world.queueUrl.replace('/echo', '/workflow-stops');
await world.sqs.send(new CreateQueueCommand({ QueueName: 'workflow-stops' }));
process.env[ENV.queueUrl] = queueUrl;
process.env[ENV.followUpQueueUrl] = world.followUpQueueUrl;
const { handler } = await import('../../lambdas/workflow-stop.lambda.ts');

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:media:one';
const event = (time: number, executionArn = ARN) =>
  JSON.stringify({
    'detail-type': 'Step Functions Execution Status Change',
    time: new Date(time).toISOString(),
    detail: { executionArn, status: 'ABORTED', stateMachineArn: 'arn' },
  });

/** Invokes the handler as the event source does; tells whether the message comes again by itself. */
const deliver = async (body: string, sentTime = Date.now()) => {
  const sqsEvent = {
    Records: [
      {
        messageId: 'm-1',
        body,
        attributes: { SentTimestamp: String(sentTime) },
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:workflow-stops',
      },
    ],
  } as unknown as SQSEvent;
  const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
  return { isKept: (await handler(sqsEvent, context)).batchItemFailures.length > 0 };
};

const send = vi.spyOn(TaskQueue.prototype, 'sendBody');
const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
vi.spyOn(Logger.prototype, 'info').mockReturnValue(undefined);

beforeEach(() => {
  states.requests.clear();
  states.requests.set(ARN, []);
  send.mockReset();
  send.mockResolvedValue(undefined);
  logged.mockClear();
});

const requestOf = (taskId: string) =>
  JSON.stringify({
    ...{ functionName: 'echo', taskId, payload: 1, waitFor: 'task' },
    ...{ executionId: ARN, stateName: 'S', enteredTime: 't' },
  });

const away = new TaskModeError('ServiceUnavailable', 'Step Functions is away');
const sent = () =>
  send.mock.calls.map(([url, body, { delaySeconds }]) => ({
    url,
    end: parseExecutionEnd(body),
    delaySeconds,
  }));
const endAt = (time: number) => ({ executionArn: ARN, status: 'ABORTED', time });
/** EventBridge tells whole seconds. */
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000 - seconds) * 1000;

test('the tasks of an execution that has ended are stopped, and its message goes', async () => {
  const waiter = { token: 't', waitFor: 'task', executionId: ARN } as const;
  const key = await world.submit({ taskId: 'awaited', waiter });
  states.requests.set(ARN, [requestOf('awaited')]);
  expect(await deliver(event(secondsAgo(6)))).toEqual({ isKept: false });
  expect(await world.read(key)).toMatchObject({ status: 'Stopped' });
  expect(sent().filter(({ url }) => url === queueUrl)).toEqual([]);
});

test.each([
  ['its history may lag', 1, []],
  ['a task that its states have asked for may still be submitted', 50, ['not-there-yet']],
])('an execution is looked at again by a fresh message while %s', async (_, seconds, taskIds) => {
  const time = secondsAgo(seconds);
  states.requests.set(ARN, taskIds.map(requestOf));
  expect(await deliver(event(time))).toEqual({ isKept: false });
  expect(sent()).toEqual([{ url: queueUrl, end: endAt(time), delaySeconds: 10 }]);
});

test('an execution is looked at no more a minute after it was told first, also by a fresh message', async () => {
  states.requests.set(ARN, [requestOf('never-there')]);
  expect(await deliver(event(secondsAgo(61)))).toEqual({ isKept: false });
  expect(await deliver(toExecutionEndBody(endAt(secondsAgo(61))))).toEqual({ isKept: false });
  expect(send).not.toHaveBeenCalled();
});

test('a time of the future does not have an execution looked at for ever: SQS knows since when', async () => {
  states.requests.set(ARN, [requestOf('never-there')]);
  const sentTime = Date.now() - 3000;
  expect(await deliver(event(Date.now() + 365 * 86_400_000), sentTime)).toEqual({ isKept: false });
  expect(sent()).toMatchObject([{ end: endAt(sentTime) }]);
});

test('an end keeps its message while a fresh one cannot be sent', async () => {
  send.mockRejectedValue(away);
  expect(await deliver(event(secondsAgo(1)))).toEqual({ isKept: true });
});

test('an end that AWS does not let be handled is tried again by fresh messages for 20 minutes', async () => {
  const requests = vi.spyOn(Executions.prototype, 'requests').mockImplementation(() => {
    throw away;
  });
  const [young, old] = [secondsAgo(19 * 60), secondsAgo(21 * 60)];
  expect(await deliver(event(young))).toEqual({ isKept: false });
  expect(sent()).toEqual([{ url: queueUrl, end: endAt(young), delaySeconds: 60 }]);
  // From then on SQS counts the receives, up to the dead-letter queue.
  expect(await deliver(event(old))).toEqual({ isKept: true });
  expect(send).toHaveBeenCalledTimes(1);
  requests.mockRestore();
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"detail":null,"time":"2026-01-01T00:00:00Z"}',
  `{"detail":{"executionArn":"${ARN}","status":"ABORTED"},"time":"no time"}`,
  `{"detail":{"executionArn":"${ARN}","status":"ABORTED"}}`,
  '{"detail":{"executionArn":"arn:aws:s3:::bucket","status":"ABORTED"},"time":"2026-01-01T00:00:00Z"}',
  `{"detail":{"executionArn":["${ARN}"],"status":"ABORTED"},"time":"2026-01-01T00:00:00Z"}`,
])('a message that tells no end is dropped, with one line that says where and why: %s', async (body) => {
  expect(await deliver(body)).toEqual({ isKept: false });
  const details = {
    queue: expect.stringContaining(':workflow-stops'),
    messageId: 'm-1',
    reason: expect.any(String),
  };
  expect(logged.mock.calls).toEqual([['message dropped', details]]);
  expect(send).not.toHaveBeenCalled();
});

test('a message about an execution that does not exist is dropped, with one line that says so', async () => {
  const unknown = 'arn:aws:states:us-east-1:000000000000:execution:media:unknown';
  expect(await deliver(event(secondsAgo(1), unknown))).toEqual({ isKept: false });
  expect(logged.mock.calls).toEqual([['message dropped', expect.objectContaining({ messageId: 'm-1' })]]);
  expect(send).not.toHaveBeenCalled();
});

test('a fresh message is read as the event that led to it', async () => {
  const end = endAt(secondsAgo(5));
  send.mockRestore();
  await new TaskQueue({ client: world.sqs }).sendBody(queueUrl, toExecutionEndBody(end), { delaySeconds: 0 });
  const { Messages } = await world.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5 }),
  );
  expect(parseExecutionEnd(Messages?.[0]?.Body ?? '')).toEqual(end);
  expect(parseExecutionEnd(event(end.time))).toEqual(end);
});
