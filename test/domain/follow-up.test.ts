import { describe, expect, test } from 'vitest';
import type { DestinationKind } from '../../lambdas/domain/destination.ts';
import {
  destinationOf,
  type FollowUpTexts,
  followUpBody,
  followUpMark,
  isFollowUpPending,
  nextDelivery,
  sweepTime,
} from '../../lambdas/domain/follow-up.ts';
import { TASK_STATUSES, type TerminalStatus } from '../../lambdas/domain/lifecycle.ts';
import type { EndedTask } from '../../lambdas/domain/task.ts';
import { byteLength } from '../../lambdas/domain/text.ts';
import { followUpId } from '../../lambdas/tasks/follow-up-id.ts';
import { newTask } from '../aws/tasks.ts';

const config = { maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 };
const destinations = { onSuccess: 'arn:success', onFailure: 'arn:failure' };
const error = {
  kind: 'HandledInvocationError',
  errorType: 'RangeError',
  errorMessage: 'too far',
  stack: 'at a\nat b',
};
const texts = { id: 'id-1', functionArn: 'arn:function', payloadText: '{"n":1}', resultText: '"done"' };

function ended(status: TerminalStatus, more: object = {}): EndedTask {
  const { status: _, ...task } = newTask({ taskId: 't', submissionId: 's', attempt: 2 });
  return { ...task, status, endTime: 5, ...more } as EndedTask;
}

const bodyOf = (task: EndedTask, its: FollowUpTexts, kind: DestinationKind = 'queue') =>
  JSON.parse(followUpBody(kind, task, its));

describe('the destination of a task', () => {
  test('is the one of its end, and a stop has none', () => {
    const told = TASK_STATUSES.map((status) => [status, destinationOf({ ...config, destinations }, status)]);
    expect(Object.fromEntries(told)).toEqual({
      Enqueued: undefined,
      Processed: undefined,
      Running: undefined,
      Retrying: undefined,
      Stopping: undefined,
      Stopped: undefined,
      Succeeded: 'arn:success',
      Failed: 'arn:failure',
      Expired: 'arn:failure',
      Invalid: 'arn:failure',
    });
  });

  test('is none where none was deployed, and then nothing is marked', () => {
    expect(destinationOf({}, 'Failed')).toBeUndefined();
    expect(
      destinationOf({ ...config, destinations: { onSuccess: 'arn:success' } }, 'Failed'),
    ).toBeUndefined();
    expect(followUpMark({ config }, 'Failed', 0)).toBeUndefined();
    expect(isFollowUpPending(ended('Succeeded'))).toBe(false);
  });
});

test('the id is another for each end, and does not show the submission', () => {
  const task = ended('Failed', { error });
  expect(followUpId(task, 's')).toMatch(/^echo\/t\/[0-9a-f]{32}\/1\/Failed$/);
  const ids = [
    followUpId(task, 's'),
    followUpId(task, 's2'),
    followUpId({ ...task, series: 2 }, 's'),
    followUpId(ended('Expired'), 's'),
  ];
  expect(new Set(ids).size).toBe(4);
});

describe('the body', () => {
  const context = {
    requestId: 'request-1',
    functionArn: 'arn:function',
    approximateInvokeCount: 2,
    functionName: 'echo',
    taskId: 't',
    series: 1,
  };
  test("of a success is the contract's, with our fields in its context", () => {
    expect(bodyOf(ended('Succeeded', { result: { text: '"done"' } }), texts)).toEqual({
      timestamp: 5,
      requestContext: { ...context, condition: '', status: 'Succeeded', followUpId: 'id-1' },
      requestPayload: '{"n":1}',
      responseContext: { statusCode: 200, functionError: '' },
      responsePayload: '"done"',
    });
  });

  test('of a failure carries the error as the response', () => {
    const body = bodyOf(ended('Failed', { error }), { ...texts, resultText: undefined });
    expect(body).toEqual({
      timestamp: 5,
      requestContext: {
        ...context,
        condition: 'HandledInvocationError',
        status: 'Failed',
        followUpId: 'id-1',
      },
      requestPayload: '{"n":1}',
      responseContext: { statusCode: 200, functionError: 'HandledInvocationError' },
      responsePayload: expect.any(String),
    });
    expect(JSON.parse(body.responsePayload)).toEqual({
      errorMessage: 'too far',
      errorType: 'RangeError',
      stackTrace: ['at a', 'at b'],
    });
  });

  test.each([
    ['Expired', 'EventAgeExceeded'],
    ['Invalid', 'FunctionNotFound'],
  ] as const)('of %s says that it was not the function: %s', (status, condition) => {
    expect(bodyOf(ended(status), { ...texts, resultText: undefined })).toMatchObject({
      requestContext: { condition, status },
      responseContext: { statusCode: 500, functionError: '' },
      responsePayload: '',
    });
  });

  test('leaves out what does not fit into a message, the payload first, and says so', () => {
    const task = ended('Succeeded', { result: { text: '' } });
    const half = JSON.stringify('x'.repeat(600_000));
    // Escaped once more, quotes and backslashes take two and three characters.
    const quotes = JSON.stringify('"'.repeat(500_000));
    expect(bodyOf(task, { ...texts, payloadText: half })).not.toHaveProperty('omitted');
    expect(bodyOf(task, { ...texts, payloadText: half, resultText: half })).toMatchObject({
      requestPayload: '',
      responsePayload: half,
      omitted: ['requestPayload'],
    });
    expect(bodyOf(task, { ...texts, resultText: quotes })).toMatchObject({
      requestPayload: '',
      responsePayload: '',
      omitted: ['requestPayload', 'responsePayload'],
    });
  });

  test.each([
    ['queue', 1_047_552],
    ['topic', 261_120],
    ['function', 1_000_000],
    ['eventBus', 998_976],
    ['webhook', 262_144],
  ] as const)('for a %s has at most %d bytes', (kind, max) => {
    const task = ended('Succeeded', { result: { text: '' } });
    const overhead = byteLength(followUpBody(kind, task, { ...texts, payloadText: '', resultText: '' }));
    const fitting = 'x'.repeat(max - overhead);
    expect(byteLength(followUpBody(kind, task, { ...texts, payloadText: fitting, resultText: '' }))).toBe(
      max,
    );
    const [payloadText, resultText] = [`${fitting}x`, 'kept'];
    expect(bodyOf(task, { ...texts, payloadText, resultText }, kind)).toMatchObject({
      omitted: ['requestPayload'],
      responsePayload: 'kept',
    });
  });

  test('has no character that SQS refuses, and means the same', () => {
    const task = ended('Succeeded', { result: { text: '' } });
    const resultText = JSON.stringify('a\ufffeb\uffffc\ud800');
    const body = followUpBody('queue', task, { ...texts, resultText });
    expect(body).not.toMatch(/[\ufffe\uffff]/);
    expect(JSON.parse(body).responsePayload).toBe(resultText);
  });

  test('says so when a text is gone', () => {
    const gone = { ...texts, payloadText: undefined, resultText: undefined };
    expect(bodyOf(ended('Succeeded', { result: { text: '' } }), gone).omitted).toEqual([
      'requestPayload',
      'responsePayload',
    ]);
    expect(bodyOf(ended('Failed', { error }), gone).omitted).toEqual(['requestPayload']);
  });
});

describe('a delivery that failed', () => {
  const MINUTE_MS = 60_000;
  const failed = { isFinal: false, retryAfterSeconds: 0, now: 0 };
  const next = (followUpAttempts: number, more: object = {}) =>
    nextDelivery({ followUpAttempts }, { ...failed, ...more });

  test('is tried again a minute later, four times, and the sweep sees to it should the message be lost', () => {
    expect(nextDelivery({}, failed)).toEqual({
      outcome: 'again',
      note: {
        followUp: 'pending',
        followUpAttempts: 1,
        nextDeliveryTime: MINUTE_MS,
        wakeTime: sweepTime(10 * MINUTE_MS),
      },
    });
    expect(next(3)).toMatchObject({ outcome: 'again', note: { followUpAttempts: 4 } });
  });

  test.each([
    [4, 10],
    [5, 20],
    [12, 2560],
  ])('%d times before is tried again by the sweep after %d minutes', (before, minutes) => {
    expect(next(before)).toEqual({
      outcome: 'later',
      note: {
        followUp: 'pending',
        followUpAttempts: before + 1,
        nextDeliveryTime: minutes * MINUTE_MS,
        wakeTime: sweepTime(minutes * MINUTE_MS),
      },
    });
  });

  test.each([
    ['the 14th time', next(13), 14],
    ['for good', next(0, { isFinal: true }), 1],
  ])('%s is not tried again', (_, last, followUpAttempts) => {
    expect(last).toEqual({
      outcome: 'given up',
      note: { followUp: 'failed', followUpAttempts, nextDeliveryTime: undefined, wakeTime: undefined },
    });
  });

  test('is tried no sooner than the destination asks, and no later than after the longest pause', () => {
    expect(next(0, { retryAfterSeconds: 60 })).toMatchObject({ outcome: 'again' });
    expect(next(0, { retryAfterSeconds: 61 })).toMatchObject({
      outcome: 'later',
      note: { wakeTime: sweepTime(10 * MINUTE_MS) },
    });
    expect(next(0, { retryAfterSeconds: 3600 }).note.wakeTime).toBe(sweepTime(60 * MINUTE_MS));
    expect(next(0, { retryAfterSeconds: 999_999_999 }).note.wakeTime).toBe(sweepTime(2560 * MINUTE_MS));
  });
});
