import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  INDEX_STATES,
  isTaskStatus,
  isTerminal,
  LIFECYCLE,
  RAISERS,
  sourcesOf,
  TASK_EVENTS,
  TASK_STATUSES,
  type TaskEvent,
  type TaskStatus,
  TERMINAL_STATUSES,
  type TerminalStatus,
  targetsOf,
} from '../../lambdas/domain/lifecycle.ts';

/** The design's table, by event, as an independent copy. What is not here is not allowed. */
const ALLOWED: Record<TaskEvent, Partial<Record<TaskStatus, TaskStatus[]>>> = {
  dequeue: { Enqueued: ['Processed'] },
  start: { Enqueued: ['Running'], Processed: ['Running'], Retrying: ['Running'] },
  succeed: { Running: ['Succeeded'], Stopping: ['Stopped'] },
  fail: { Running: ['Failed'], Retrying: ['Failed'], Stopping: ['Stopped'] },
  retry: { Running: ['Retrying'], Stopping: ['Stopped'] },
  handBack: { Running: ['Enqueued', 'Retrying'], Stopping: ['Stopped'] },
  stop: { Enqueued: ['Stopped'], Processed: ['Stopped'], Retrying: ['Stopped'], Running: ['Stopping'] },
  stopped: { Stopping: ['Stopped'] },
  expire: { Enqueued: ['Expired'], Processed: ['Expired'] },
  invalidate: { Enqueued: ['Invalid'], Processed: ['Invalid'], Retrying: ['Invalid'] },
  redrive: { Failed: ['Enqueued'], Expired: ['Enqueued'], Stopped: ['Enqueued'], Invalid: ['Enqueued'] },
};

const EVENTS = Object.keys(ALLOWED) as TaskEvent[];
const PAIRS = TASK_STATUSES.flatMap((status) => EVENTS.map((event) => [status, event] as const));

test('knows the ten statuses of the contract, spelled exactly', () => {
  expect([...TASK_STATUSES].sort()).toEqual([
    'Enqueued',
    'Expired',
    'Failed',
    'Invalid',
    'Processed',
    'Retrying',
    'Running',
    'Stopped',
    'Stopping',
    'Succeeded',
  ]);
});

test('knows the events of the design', () => {
  expect([...TASK_EVENTS].sort()).toEqual([...EVENTS].sort());
});

describe('status x event', () => {
  test.each(PAIRS)('%s, %s', (status, event) => {
    expect(targetsOf(status, event)).toEqual(ALLOWED[event][status] ?? []);
  });

  test.each(PAIRS)('the guard of a write agrees: %s, %s', (status, event) => {
    for (const to of TASK_STATUSES) {
      expect(sourcesOf(event, to).includes(status)).toBe((ALLOWED[event][status] ?? []).includes(to));
    }
  });
});

test('the terminal statuses are those that only a redrive leaves', () => {
  expect([...TERMINAL_STATUSES].sort()).toEqual(['Expired', 'Failed', 'Invalid', 'Stopped', 'Succeeded']);
  expectTypeOf<TerminalStatus>().toEqualTypeOf<'Succeeded' | 'Failed' | 'Stopped' | 'Expired' | 'Invalid'>();
  for (const status of TASK_STATUSES) {
    const leaves = Object.keys(LIFECYCLE[status]).filter((event) => event !== 'redrive');
    expect(isTerminal(status)).toBe(leaves.length === 0);
  }
});

test('a task that succeeded can never be run again', () => {
  expect(LIFECYCLE.Succeeded).toEqual({});
});

test('every unfinished status leads to an end', () => {
  const endsFrom = (status: TaskStatus, seen: readonly TaskStatus[] = []): boolean =>
    isTerminal(status) ||
    EVENTS.flatMap((event) => targetsOf(status, event)).some(
      (next) => !seen.includes(next) && endsFrom(next, [...seen, status]),
    );
  expect(TASK_STATUSES.filter((status) => !endsFrom(status))).toEqual([]);
});

test('every event is raised by someone', () => {
  expect(Object.keys(RAISERS).sort()).toEqual(['submit', ...EVENTS].sort());
  for (const raisers of Object.values(RAISERS)) expect(raisers.length).toBeGreaterThan(0);
});

test('only Succeeded is in no index by state', () => {
  expect(TASK_STATUSES.filter((status) => INDEX_STATES[status] === null)).toEqual(['Succeeded']);
});

test.each(['toString', '__proto__', 'succeeded', '', 1, null, undefined])('%o is no status', (value) => {
  expect(isTaskStatus(value)).toBe(false);
});
