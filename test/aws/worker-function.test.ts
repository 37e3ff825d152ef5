import { describe, expect, test } from 'vitest';
import { parseSyncEvent, toSyncAnswer } from '../../lambdas/aws/sync-event.ts';
import { WorkerFunction } from '../../lambdas/aws/worker-function.ts';
import { startTarget, TARGET_ARN, type TargetReply } from './target.ts';

const invocation = { requestId: 'request-1', payloadText: '{"n": 1}' };

/** Invokes a worker of which Lambda answers so, however often it is asked. */
async function invoke(reply: (payload: string) => TargetReply | Promise<TargetReply>, signal?: AbortSignal) {
  const payloads: string[] = [];
  const { client } = await startTarget((payload) => {
    payloads.push(payload);
    return reply(payload);
  });
  const call = { wantsLogTail: true, signal: signal ?? new AbortController().signal };
  const answer = await new WorkerFunction({ client })
    .invoke(TARGET_ARN, invocation, call)
    .catch((error: { name: string; code?: string; message: string }) => error);
  return { answer, payloads };
}

const refusal = (name: string, status: number): TargetReply => ({
  status,
  headers: { 'x-amzn-errortype': name },
  body: { Type: 'User', Message: 'arn:aws:lambda:secret' },
});

test('hands the payload over as it is, and answers how the run went', async () => {
  const run = {
    outcome: { kind: 'succeeded' as const, resultText: '{"a": "\\"\\"\\"\\""}' },
    durationMs: 12,
    maxMemoryMegabytes: 80.5,
    instanceId: 'i',
  };
  const { answer, payloads } = await invoke(() => ({
    headers: { 'x-amz-log-result': 'bG9n' },
    body: toSyncAnswer(run),
  }));
  expect(answer).toEqual({ ...run, logTail: 'bG9n' });
  expect(payloads.map((payload) => parseSyncEvent(JSON.parse(payload)))).toEqual([invocation]);
});

test('an instance that died is a failure of the function', async () => {
  const { answer, payloads } = await invoke(() => ({
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: {
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: 1 Error: Task timed out after 3.00 seconds',
    },
  }));
  expect(answer).toEqual({
    outcome: {
      kind: 'failed',
      failure: {
        kind: 'UnhandledInvocationError',
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: 1 Error: Task timed out after 3.00 seconds',
      },
    },
    durationMs: expect.any(Number),
  });
  expect(payloads).toHaveLength(1);
});

describe('what Lambda refuses is told in words of ours, and never repeated', () => {
  test.each([
    ['TooManyRequestsException', 429, 'ResourceExhausted'],
    ['RequestTooLargeException', 413, 'EntityTooLarge'],
    ['ServiceException', 500, 'ServiceUnavailable'],
    ['EC2ThrottledException', 502, 'ServiceUnavailable'],
    ['AccessDeniedException', 403, 'InternalServerError'],
  ])('%s', async (name, status, code) => {
    const { answer, payloads } = await invoke(() => refusal(name, status));
    expect(answer).toMatchObject({ name: 'TaskModeError', code });
    expect((answer as Error).message).not.toContain('arn:');
    expect((answer as Error).message).not.toContain('task id');
    expect(payloads).toHaveLength(1);
  });

  test('ResourceNotFoundException, which says that the worker is gone', async () => {
    const { answer } = await invoke(() => refusal('ResourceNotFoundException', 404));
    expect(answer).toMatchObject({ name: 'WorkerGoneError' });
  });
});

test('an answer that comes too late is not waited for', async () => {
  const never = Promise.withResolvers<TargetReply>();
  const { answer, payloads } = await invoke(() => never.promise, AbortSignal.timeout(200));
  never.resolve({});
  expect(answer).toMatchObject({
    code: 'InvocationTimeout',
    message: expect.stringContaining('the function did not answer request request-1 in time. It may go on'),
  });
  expect(payloads).toHaveLength(1);
});
