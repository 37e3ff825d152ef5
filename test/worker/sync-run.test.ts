import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FAILURES } from '../../lambdas/domain/failure.ts';
import type { Execute } from '../../lambdas/worker/attempt.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { handlerExecutor } from '../../lambdas/worker/handler-executor.ts';
import { runSync } from '../../lambdas/worker/sync-run.ts';

const runOn = (execute: Execute, timeoutSeconds = 60) =>
  runSync(
    {
      execute,
      timeoutSeconds,
      lambdaContext: { awsRequestId: 'aws-1' } as Context,
      instanceId: 'instance-1',
    },
    { requestId: 'request-1', payloadText: '{"n":1}' },
  );

const run = (handler: unknown, timeoutSeconds?: number) =>
  runOn(handlerExecutor(Promise.resolve({ handler })), timeoutSeconds);

afterEach(() => {
  vi.useRealTimers();
});

test('gives the code its payload, its request and a signal, and no task', async () => {
  const handler = vi.fn((payload: unknown, _: TaskContext) => payload);
  expect(await run(handler)).toEqual({
    outcome: { kind: 'succeeded', resultText: '{"n":1}' },
    durationMs: expect.any(Number),
    maxMemoryMegabytes: expect.any(Number),
    instanceId: 'instance-1',
  });
  const context = handler.mock.calls[0]?.[1];
  expect(context).toMatchObject({ awsRequestId: 'aws-1', requestId: 'request-1', attempt: 1 });
  expect(context?.signal).toBeInstanceOf(AbortSignal);
  expect(context).not.toHaveProperty('task');
});

test('tells what the process has taken at most, in megabytes', async () => {
  const { maxMemoryMegabytes = 0 } = await run(() => 1);
  expect(maxMemoryMegabytes).toBeGreaterThan(20);
  expect(maxMemoryMegabytes).toBeLessThan(4000);
});

test('code that throws has failed', async () => {
  const { outcome } = await run(() => {
    throw new RangeError('too far');
  });
  expect(outcome).toMatchObject({
    kind: 'failed',
    failure: { kind: 'HandledInvocationError', errorType: 'RangeError', errorMessage: 'too far' },
  });
});

test('at the time-out the signal aborts, and the code has failed whatever it returns', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const run30 = run(
    (_: unknown, { signal }: TaskContext) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve('late'));
      }),
    30,
  );
  await vi.advanceTimersByTimeAsync(30_000);
  expect((await run30).outcome).toEqual({ kind: 'failed', failure: FAILURES.timedOut(30) });
});

describe('a result', () => {
  test.each([
    ['of 4.5 MB of escapes', '"'.repeat(4_500_000 / 2), 'succeeded'],
    ['of 6 MB without any', 'x'.repeat(6_200_000), 'succeeded'],
    ['of more than Lambda answers', 'x'.repeat(6_300_000), 'failed'],
  ])('%s has %3$s', async (_, result, kind) => {
    const { outcome } = await run(() => result);
    expect(outcome.kind).toBe(kind);
    if (outcome.kind === 'failed') {
      expect(outcome.failure).toMatchObject({
        kind: 'ResponseTooLarge',
        errorMessage: expect.stringContaining('the result has 6300002 bytes as JSON'),
      });
    }
  });
});

test.each([
  ['is throttled', 'TooManyRequestsException', true],
  ['is away', 'TimeoutError', false],
])('an existing function that %s was not run', async (_, name, isThrottled) => {
  const cause = Object.assign(new Error(), { name });
  expect((await runOn(async () => ({ isSuccess: false, isHandedBack: true, cause }))).outcome).toEqual({
    kind: 'notRun',
    isThrottled,
  });
});
