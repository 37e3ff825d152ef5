import { describe, expect, test } from 'vitest';
import type { TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { type LogRun, logRunsOf } from '../../lambdas/domain/log-runs.ts';
import type { Task, TaskEventRecord } from '../../lambdas/domain/task.ts';

const FAILED = '{"Error":"HandledInvocationError","errorType":"E"}';
const TIMED_OUT = '{"Error":"UnhandledInvocationError","errorType":"Task.TimedOut"}';

type Step = readonly [TaskStatus, Partial<TaskEventRecord>?];

/** A task with these events, one every 100 s. */
const taskOf = (steps: readonly Step[], more: object = {}) =>
  ({
    instanceId: 'last',
    events: steps.map(([status, event], index) => ({ status, timestamp: index * 100_000, ...event })),
    ...more,
  }) as unknown as Task;

const runs = (...steps: Step[]) => logRunsOf(taskOf(steps));

const brief = ({ instanceId, startTime, endTime, attempt }: LogRun) => [
  instanceId,
  startTime,
  endTime,
  attempt,
];

describe('the runs of a task', () => {
  test('are none before it has run', () => {
    expect(runs(['Enqueued'])).toEqual([]);
    expect(runs(['Enqueued'], ['Stopped', { eventDetail: '{}' }])).toEqual([]);
  });

  test('are one that has no end while it runs, or is to stop', () => {
    const running = [['Enqueued'], ['Processed'], ['Running']] as const;
    const run = { instanceId: 'last', startTime: 200_000, endTime: undefined, loggedUntil: undefined };
    expect(runs(...running)).toEqual([expect.objectContaining(run)]);
    expect(runs(...running, ['Stopping'])).toEqual([expect.objectContaining(run)]);
  });

  test('are one for each attempt, where it ran', () => {
    expect(
      runs(
        ['Enqueued'],
        ['Running'],
        ['Retrying', { instanceId: 'first', eventDetail: FAILED }],
        ['Running'],
        ['Succeeded'],
      ).map(brief),
    ).toEqual([
      ['first', 100_000, 200_000, 1],
      ['last', 300_000, 400_000, 2],
    ]);
  });

  test('are one more where it was handed back, which is no attempt', () => {
    const handedBack = runs(
      ['Enqueued'],
      ['Running'],
      ['Enqueued', { instanceId: 'first' }],
      ['Running'],
      ['Retrying', { instanceId: 'second', eventDetail: FAILED }],
      ['Running'],
      ['Retrying', { instanceId: 'third' }],
      ['Running'],
    );
    expect(handedBack.map(brief)).toEqual([
      ['first', 100_000, 200_000, 1],
      ['second', 300_000, 400_000, 1],
      ['third', 500_000, 600_000, 2],
      ['last', 700_000, undefined, 2],
    ]);
    expect(handedBack.map(({ isCutOff }) => isCutOff)).toEqual([true, false, true, false]);
  });

  test('include the last of those that were handed back in a row, which are one event', () => {
    const eventDetail = JSON.stringify({ handBacks: 3, firstTime: 100_000, startTime: 150_000, cause: 'x' });
    const folded = runs(['Enqueued'], ['Enqueued', { instanceId: 'first', eventDetail }], ['Running']);
    expect(folded.map(brief)).toEqual([
      ['first', 150_000, 100_000, 1],
      ['last', 200_000, undefined, 1],
    ]);
    expect(folded.map(({ isCutOff }) => isCutOff)).toEqual([true, false]);
  });

  test('begin to count anew with each series', () => {
    const all = runs(
      ['Enqueued'],
      ['Running'],
      ['Failed', { instanceId: 'first', eventDetail: FAILED }],
      ['Enqueued'],
      ['Running'],
      ['Succeeded'],
    );
    expect(all.map(({ attempt, isOfLastSeries }) => [attempt, isOfLastSeries])).toEqual([
      [1, false],
      [1, true],
    ]);
  });

  test('are of unknown number behind what is missing of a long history, and a run that it cut off is left out', () => {
    const repeated = Array.from(
      { length: 20 },
      (_, index): Step =>
        index % 2 === 0 ? ['Retrying', { instanceId: 'early', eventDetail: FAILED }] : ['Running'],
    );
    const task = taskOf([...repeated, ['Retrying', { eventDetail: FAILED }], ['Running'], ['Succeeded']], {
      droppedEvents: 40,
    });
    expect(logRunsOf(task).at(-1)).toMatchObject({ attempt: undefined, startTime: 2_100_000 });
    expect(logRunsOf(task)).toHaveLength(10);
  });

  test.each([
    ['timed out', 'Retrying', TIMED_OUT, true],
    ['failed', 'Retrying', FAILED, false],
    ['was killed when it was stopped', 'Stopped', '{"endedBy":"killed","tookMs":1}', true],
    ['heeded its stop', 'Stopped', '{"endedBy":"cooperative","tookMs":1}', false],
    ['succeeded', 'Succeeded', undefined, false],
  ] as const)(
    'tell whether the process may have been killed of one that %s',
    (_, status, eventDetail, is) => {
      const end = { ...(eventDetail && { eventDetail, instanceId: 'it' }) };
      expect(runs(['Enqueued'], ['Running'], [status, end])[0]).toMatchObject({ isCutOff: is });
    },
  );

  test('are logged for a little longer than they last, but not into the next one there', () => {
    const until = (second: string) =>
      runs(
        ['Enqueued', { timestamp: 0 }],
        ['Running', { timestamp: 1000 }],
        ['Retrying', { timestamp: 2000, instanceId: 'first', eventDetail: FAILED }],
        ['Running', { timestamp: 3000 }],
        ['Failed', { timestamp: 4000, instanceId: second, eventDetail: FAILED }],
      ).map(({ loggedUntil }) => loggedUntil);
    expect(until('second')).toEqual([7000, 9000]);
    expect(until('first')).toEqual([2999, 9000]);
  });
});
