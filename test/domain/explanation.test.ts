import { describe, expect, test } from 'vitest';
import {
  explainEnd,
  explainRunning,
  explainWaiting,
  type Surroundings,
} from '../../lambdas/domain/explanation.ts';
import { type EndedTask, type TaskIn, withHandBack } from '../../lambdas/domain/task.ts';
import type { TaskFunctionRecord } from '../../lambdas/domain/task-function.ts';

const NOW = 1_795_510_275_000;

const record = (overrides: object = {}) =>
  ({
    scaling: { maxConcurrency: 2 },
    instanceConcurrency: 1,
    isDeleted: false,
    ...overrides,
  }) as TaskFunctionRecord;

const task = (overrides: object = {}) =>
  ({
    taskId: 'a',
    functionName: 'echo',
    status: 'Enqueued',
    attempt: 0,
    submitTime: NOW - 10_000,
    dueTime: NOW - 10_000,
    notBefore: NOW - 10_000,
    startDeadline: NOW + 60_000,
    config: { maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 60 },
    events: [{ status: 'Enqueued', timestamp: NOW - 10_000 }],
    ...overrides,
  }) as unknown as TaskIn<'Enqueued'>;

const around = (overrides: object = {}): Surroundings => ({
  running: { count: 0, isAtLeast: false },
  ahead: { count: 0, isAtLeast: false },
  queue: { visible: 0, inFlight: 0 },
  ...overrides,
});

const PAUSED = { runtimeConcurrency: { tasksAtOnce: 0, changedTime: 0, revision: 'r' } };

describe('a task that waits', () => {
  test.each([
    ['its function was removed', {}, { isDeleted: true }, {}, 'FunctionRemoved', undefined],
    ['it is delayed', { dueTime: NOW + 5000, notBefore: NOW + 5000 }, {}, {}, 'Delayed', NOW + 5000],
    [
      'it was handed back',
      {
        notBefore: NOW + 5000,
        ...withHandBack(task(), { status: 'Enqueued', now: NOW, cause: 'throttled' }),
      },
      {},
      {},
      'HandedBack',
      NOW + 5000,
    ],
    [
      'its back-off lasts',
      { status: 'Retrying', attempt: 2, notBefore: NOW + 9000 },
      {},
      {},
      'BackingOff',
      NOW + 9000,
    ],
    ['its time is over', { startDeadline: NOW - 1 }, {}, {}, 'Overdue', undefined],
    ['its function is paused', {}, PAUSED, {}, 'Paused', NOW + 60_000],
    [
      'as many run as may',
      {},
      {},
      { running: { count: 2, isAtLeast: false }, queue: { visible: 5, inFlight: 2 } },
      'ConcurrencyFull',
      undefined,
    ],
    ['others are in the queue', {}, {}, { queue: { visible: 5, inFlight: 2 } }, 'Queued', undefined],
    [
      'instances take messages and run nothing',
      {},
      {},
      { queue: { visible: 0, inFlight: 3 } },
      'Throttled',
      undefined,
    ],
    [
      'its message is lost',
      { submitTime: NOW - 200_000, notBefore: NOW - 200_000 },
      {},
      {},
      'MessageLost',
      undefined,
    ],
    ['its queue is being replaced', {}, {}, { queue: undefined }, 'Starting', undefined],
    ['it is about to start', {}, {}, {}, 'Starting', undefined],
  ])('because %s', (_, fields, deployed, what, reason, until) => {
    const explanation = explainWaiting(task(fields), record(deployed), around(what), NOW);
    expect(explanation).toMatchObject({ reason, message: expect.stringMatching(/^\S.*\.$/) });
    expect(explanation.until).toBe(until);
  });

  test('is told numbers, and where there may be more', () => {
    const { message } = explainWaiting(
      task(),
      record(),
      around({ queue: { visible: 900, inFlight: 0 }, ahead: { count: 800, isAtLeast: true } }),
      NOW,
    );
    expect(message).toBe(
      'about 900 messages wait in its queue; at least 800 waiting tasks were submitted before it.',
    );
  });

  test('is told why its last attempt failed', () => {
    const error = {
      kind: 'HandledInvocationError',
      errorType: 'RangeError',
      errorMessage: 'too far',
      stack: 'at a',
    };
    const { message } = explainWaiting(
      task({ status: 'Retrying', attempt: 1, notBefore: NOW + 9000, error }),
      record(),
      around(),
      NOW,
    );
    expect(message).toContain('attempt 1 of 4 failed: HandledInvocationError: RangeError: too far');
    expect(message).not.toContain('at a');
  });
});

test.each([
  ['Running', { leaseUntil: NOW + 1000 }, 'Running', NOW + 1000],
  ['Stopping', { leaseUntil: NOW + 1000 }, 'Stopping', NOW + 1000],
  ['Running', { leaseUntil: NOW - 6000 }, 'RunLost', undefined],
  ['Stopping', { leaseUntil: NOW - 6000 }, 'RunLost', undefined],
])('a task that is %s with %j: %s', (status, fields, reason, until) => {
  const running = task({
    status,
    attempt: 1,
    startTime: NOW - 3000,
    ...fields,
  }) as unknown as TaskIn<'Running'>;
  const explanation = explainRunning(running, NOW);
  expect(explanation).toMatchObject({ reason });
  expect(explanation.until).toBe(until);
});

test.each([
  ['Succeeded', { attempt: 2, durationMs: 70 }, 'its attempt 2 succeeded, after 70 ms.'],
  [
    'Failed',
    { attempt: 4, error: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } },
    'its attempt 4 failed with HandledInvocationError: E: m, and no other follows.',
  ],
  ['Stopped', {}, 'it was stopped before it ran.'],
  ['Stopped', { attempt: 1 }, 'it was stopped in its attempt 1'],
  ['Expired', {}, 'it was not started within its event age.'],
  ['Invalid', {}, 'its function was removed before it ran.'],
])('an end is told in a sentence: %s', (status, fields, sentence) => {
  const ended = task({ status, ...fields }) as unknown as EndedTask;
  expect(explainEnd(ended)).toMatchObject({ reason: 'Ended', message: expect.stringContaining(sentence) });
});
