import { describe, expect, test } from 'vitest';
import {
  type BulkCounts,
  bulkDetail,
  isActedOn,
  isMeant,
  matchedOf,
  newBulkJob,
  withOutcomes,
} from '../../lambdas/domain/bulk-job.ts';
import { isSameOrder, normalized, statesOf, statusesOfAction } from '../../lambdas/domain/bulk-order.ts';
import { firstPlace, isAnotherPassDue, nextPlace } from '../../lambdas/domain/bulk-place.ts';
import { LIFECYCLE, TASK_STATUSES } from '../../lambdas/domain/lifecycle.ts';
import type { Task } from '../../lambdas/domain/task.ts';

const CREATED = 1_000_000;

const job = (order: object = {}) =>
  newBulkJob({
    ...{ functionName: 'echo', bulkJobId: 'b-1', action: 'Stop', filter: {}, maxTasks: 10 },
    ...{ now: CREATED, wakeTime: CREATED },
    ...order,
  });

const task = (fields: object = {}) =>
  ({
    taskId: 'a-1',
    status: 'Enqueued',
    series: 1,
    submitTime: CREATED,
    dueTime: CREATED,
    ...fields,
  }) as Task;

test('an action can be taken in the statuses that the lifecycle has it in', () => {
  expect(statusesOfAction('Stop')).toEqual(TASK_STATUSES.filter((status) => 'stop' in LIFECYCLE[status]));
  expect(statusesOfAction('Redrive')).toEqual(['Failed', 'Stopped', 'Expired', 'Invalid']);
  expect(statesOf(statusesOfAction('Stop'))).toEqual(['waiting', 'running']);
  expect(statesOf(statusesOfAction('Redrive'))).toEqual(['failed', 'stopped']);
  expect(statesOf(['Running'])).toEqual(['running']);
});

describe('a task is meant', () => {
  const ended = { status: 'Failed', endTime: CREATED };

  test.each<[string, object, object, boolean]>([
    ['that was there', {}, {}, true],
    ['that was submitted later', {}, { submitTime: CREATED + 1 }, false],
    ['that is due later', {}, { dueTime: CREATED + 86_400_000 }, true],
    ['that runs', {}, { status: 'Running' }, true],
    ['that is being stopped', {}, { status: 'Stopping' }, false],
    ['of another status', { filter: { status: ['Running'] } }, {}, false],
    ['of one of the statuses', { filter: { status: ['Running', 'Enqueued'] } }, {}, true],
    ['whose id begins so', { filter: { prefix: 'a-' } }, {}, true],
    ['whose id begins otherwise', { filter: { prefix: '-1' } }, {}, false],
    ['from the first instant', { filter: { startedTimeBegin: CREATED } }, {}, true],
    ['from before it', { filter: { startedTimeBegin: CREATED + 1 } }, {}, false],
    ['to the last instant', { filter: { startedTimeEnd: CREATED } }, {}, true],
    ['from after it', { filter: { startedTimeEnd: CREATED - 1 } }, {}, false],
    ['that was run again before', {}, { series: 2, dueTime: CREATED }, true],
    ['that was run again since', {}, { series: 2, dueTime: CREATED + 1 }, false],
    ['that had failed', { action: 'Redrive' }, ended, true],
    ['that failed since', { action: 'Redrive' }, { ...ended, endTime: CREATED + 1 }, false],
    ['that runs, to be redriven', { action: 'Redrive' }, { status: 'Running' }, false],
    [
      'that was redriven since and failed, by a clock behind ours',
      { action: 'Redrive' },
      { ...ended, series: 2, dueTime: CREATED + 1, endTime: CREATED - 1000 },
      false,
    ],
  ])('%s', (_, order, fields, isOne) => {
    expect(isMeant(job(order), task(fields))).toBe(isOne);
  });
});

test('a job knows the tasks that it acted on by their events', () => {
  const isOwn = (eventDetail: string) =>
    isActedOn(job(), { events: [{ status: 'Stopped', timestamp: 1, eventDetail }] });
  expect(isOwn(bulkDetail({ bulkJobId: 'b-1' }))).toBe(true);
  expect(isOwn(bulkDetail({ bulkJobId: 'b-2' }))).toBe(false);
  expect(isActedOn(job(), { events: [{ status: 'Enqueued', timestamp: 1 }] })).toBe(false);
});

test('a pass goes through every shard of every state that is looked for', () => {
  const order = { action: 'Stop', filter: {} } as const;
  const seen = [];
  for (
    let place = firstPlace(order, 1);
    !place.isOver;
    place = nextPlace(order, { ...place, after: 'x' }, 2)
  ) {
    seen.push([place.state, place.shard, place.after]);
  }
  expect(seen).toEqual([
    ['waiting', 0, undefined],
    ['waiting', 1, undefined],
    ['running', 0, undefined],
    ['running', 1, undefined],
  ]);
});

test.each([
  ['Redrive', 1, true, false],
  ['Stop', 1, false, true],
  ['Stop', 2, true, true],
  ['Stop', 2, false, false],
  ['Stop', 5, true, false],
] as const)(
  '%s: after pass %d, which has found some: %s, there is another: %s',
  (action, pass, hasFound, isDue) => {
    const place = { ...firstPlace({ action, filter: {} }, pass), hasFound };
    expect(isAnotherPassDue({ action }, place)).toBe(isDue);
  },
);

test('orders are the same that mean the same', () => {
  const order = {
    action: 'Stop',
    filter: { status: ['Running', 'Enqueued'], prefix: 'a' },
    maxTasks: 1,
  } as const;
  expect(
    isSameOrder(order, { ...order, filter: { prefix: 'a', status: ['Enqueued', 'Running', 'Running'] } }),
  ).toBe(true);
  for (const other of [{ action: 'Redrive' }, { maxTasks: 2 }, { reason: 'r' }, { filter: {} }] as const) {
    expect(isSameOrder(order, { ...order, ...other })).toBe(false);
  }
  expect(normalized({ prefix: '' })).toEqual({});
});

test('outcomes are counted, with why of the first ten', () => {
  const none: BulkCounts = { done: 0, unchanged: 0, refused: 0, refusedByCode: {}, errors: [] };
  const refusal = { taskId: 't', code: 'RedriveNotAllowed', message: 'm' };
  const first = withOutcomes(none, ['done', 'unchanged', refusal, 'done']);
  expect(first).toEqual({
    ...{ done: 2, unchanged: 1, refused: 1 },
    ...{ refusedByCode: { RedriveNotAllowed: 1 }, errors: [refusal] },
  });
  const then = withOutcomes(first, [...Array(12).fill(refusal), { ...refusal, code: 'Other' }]);
  expect(then).toMatchObject({ refused: 14, refusedByCode: { RedriveNotAllowed: 13, Other: 1 } });
  expect(then.errors).toHaveLength(10);
  expect(matchedOf(then)).toBe(17);
});
