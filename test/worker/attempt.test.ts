import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AttemptInfo, runAttempt } from '../../lambdas/worker/attempt.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { handlerExecutor } from '../../lambdas/worker/handler-executor.ts';

const lambdaContext = { awsRequestId: 'request-9', getRemainingTimeInMillis: () => 1234 } as Context;

const about: AttemptInfo = {
  requestId: 'request-1',
  attempt: 2,
  task: {
    taskId: 'task-1',
    functionName: 'echo',
    attempt: 2,
    series: 1,
    requestId: 'request-1',
    submitTime: 1_795_510_275_000,
  },
};

const run = (handler: unknown, payload = '{"n":1}', timeoutSeconds = 60) =>
  runAttempt(
    {
      execute: handlerExecutor(Promise.resolve({ handler })),
      timeoutSeconds,
      lambdaContext,
      stopping: new AbortController(),
    },
    about,
    payload,
  );

afterEach(() => {
  vi.useRealTimers();
});

test('gives the code its payload, the Lambda context, the task and a signal', async () => {
  const handler = vi.fn((_: unknown, context: TaskContext) => ({ left: context.getRemainingTimeInMillis() }));
  expect(await run(handler)).toEqual({ isSuccess: true, resultText: '{"left":1234}' });
  expect(handler).toHaveBeenCalledWith(
    { n: 1 },
    expect.objectContaining({ awsRequestId: 'request-9', ...about, signal: expect.any(AbortSignal) }),
  );
});

test.each([
  ['undefined', undefined, 'null'],
  ['a function', () => () => 1, 'null'],
  ['a text', 'a', '"a"'],
  ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
])('%s becomes JSON as Lambda does it', async (_, result, resultText) => {
  const handler = typeof result === 'function' ? result : () => result;
  expect(await run(handler)).toEqual({ isSuccess: true, resultText });
});

const failure = (kind: string, errorType: string, errorMessage: string) => ({
  isSuccess: false,
  failure: expect.objectContaining({
    kind,
    errorType,
    errorMessage: expect.stringContaining(errorMessage),
  }),
});

describe('a failure is an outcome, never a rejection', () => {
  test.each([
    [
      'throws',
      () => {
        throw new RangeError('too far');
      },
      failure('HandledInvocationError', 'RangeError', 'too far'),
    ],
    [
      'rejects',
      () => Promise.reject(new TypeError('odd')),
      failure('HandledInvocationError', 'TypeError', 'odd'),
    ],
    [
      'throws no error',
      () => {
        throw 'text';
      },
      failure('HandledInvocationError', 'string', 'text'),
    ],
    ['returns a BigInt', () => 1n, failure('UnhandledInvocationError', 'Runtime.MarshalError', 'BigInt')],
    [
      'is no function',
      'text',
      failure('UnhandledInvocationError', 'TypeError', 'must export a function named handler'),
    ],
  ])('of code that %s', async (_, handler, outcome) => {
    expect(await run(handler)).toEqual(outcome);
  });

  test('of a module that does not load', async () => {
    const execute = handlerExecutor(Promise.reject(new SyntaxError('no module')));
    expect(
      await runAttempt(
        { execute, timeoutSeconds: 1, lambdaContext, stopping: new AbortController() },
        about,
        '{}',
      ),
    ).toEqual(failure('UnhandledInvocationError', 'SyntaxError', 'no module'));
  });
});

describe('at the time-out', () => {
  const untilAborted = (_: unknown, { signal }: TaskContext) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(String(signal.reason.name)));
    });

  test('the signal aborts, and the attempt has failed whatever the code returns', async () => {
    vi.useFakeTimers();
    const outcome = run(untilAborted, '{}', 30);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await outcome).toEqual(failure('UnhandledInvocationError', 'Task.TimedOut', 'time-out of 30 s'));
  });

  test('each attempt has a signal of its own, which its end leaves alone', async () => {
    vi.useFakeTimers();
    const signals: AbortSignal[] = [];
    const keep = (_: unknown, { signal }: TaskContext) => {
      signals.push(signal);
    };
    await run(keep, '{}', 30);
    await run(keep, '{}', 30);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(signals[0]).not.toBe(signals[1]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
