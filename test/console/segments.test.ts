import { expect, test } from 'vitest';
import type { AsyncTask, TaskStatus } from '../../client/index.ts';
import { durationOf, queueWaitOf, segmentsOf, ticksOf } from '../../console/src/display/segments.ts';

/** A task of these events, at milliseconds since its submit. */
function taskOf(...events: [TaskStatus, number][]): AsyncTask {
  const [status] = events.at(-1) ?? ['Enqueued'];
  return {
    status,
    startedTime: 0,
    events: events.map(([each, timestamp], index) => ({ eventId: index + 1, status: each, timestamp })),
  } as unknown as AsyncTask;
}

const RETRIED = taskOf(
  ['Enqueued', 0],
  ['Processed', 300],
  ['Running', 300],
  ['Retrying', 400],
  ['Running', 1400],
  ['Succeeded', 1450],
);

test('a life is what a task waited, ran and paused for, with what each led to', () => {
  expect(segmentsOf(RETRIED, 9999).map(({ label, begin, end, next }) => [label, begin, end, next])).toEqual([
    ['Queue wait', 0, 300, 'Processed'],
    ['Attempt 1', 300, 400, 'Retrying'],
    ['Back-off', 400, 1400, 'Running'],
    ['Attempt 2', 1400, 1450, 'Succeeded'],
  ]);
});

test('what goes on reaches to now', () => {
  const stopping = taskOf(['Enqueued', 0], ['Running', 10], ['Stopping', 50]);
  expect(segmentsOf(stopping, 80).at(-1)).toMatchObject({ label: 'Stopping', end: 80, next: undefined });
});

test('an attempt that took no time is there all the same', () => {
  const quick = taskOf(['Enqueued', 0], ['Running', 5], ['Failed', 5]);
  expect(segmentsOf(quick, 9).map(({ label }) => label)).toEqual(['Queue wait', 'Attempt 1']);
});

test.each([
  ['before it first ran', RETRIED, 300],
  ['so far', taskOf(['Enqueued', 0]), 500],
  ['nothing that is known, where it never ran', taskOf(['Enqueued', 0], ['Stopped', 90]), undefined],
])('a queue wait is %s', (_, task, expected) => {
  expect(queueWaitOf(task, 500)).toBe(expected);
});

test.each([
  ['that of the last attempt', { ...RETRIED, durationMs: 50 }, 50],
  ['so far, while it runs', taskOf(['Enqueued', 0], ['Running', 100]), 400],
  ['none while it waits', taskOf(['Enqueued', 0]), undefined],
])('a duration is %s', (_, task, expected) => {
  expect(durationOf(task, 500)).toBe(expected);
});

test.each([1, 7, 60, 999, 12_345, 61_000, 3_600_000, 86_400_000, 604_800_000])(
  'an axis of %s ms has a few round steps',
  (spanMs) => {
    const ticks = ticksOf(spanMs);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.at(-1)).toBeLessThanOrEqual(Math.max(spanMs, 1));
  },
);
