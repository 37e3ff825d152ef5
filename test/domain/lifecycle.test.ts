import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  allows,
  INDEX_STATE_NAMES,
  indexStateOf,
  isStopRequested,
  isTaskStatus,
  isTerminal,
  LIFECYCLE,
  RAISERS,
  STATUS_GROUPS,
  type StatusGroup,
  type StatusIn,
  sourcesOf,
  statusesIn,
  statusesWith,
  statusGroupOf,
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
  handBack: {
    Processed: ['Enqueued', 'Retrying'],
    Running: ['Enqueued', 'Retrying'],
    Stopping: ['Stopped'],
  },
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

/** The design's groups, as an independent copy. */
const GROUPS: Record<StatusGroup, TaskStatus[]> = {
  waiting: ['Enqueued', 'Processed', 'Retrying'],
  running: ['Running', 'Stopping'],
  succeeded: ['Succeeded'],
  failed: ['Failed', 'Expired', 'Invalid'],
  stopped: ['Stopped'],
};

describe('status groups', () => {
  test('each status is in one group, and a task between attempts waits', () => {
    expect(STATUS_GROUPS).toEqual(Object.keys(GROUPS));
    for (const group of STATUS_GROUPS) {
      expect([...statusesIn(group)]).toEqual(GROUPS[group]);
      for (const status of GROUPS[group]) expect(statusGroupOf(status)).toBe(group);
    }
    expect(Object.values(GROUPS).flat().sort()).toEqual([...TASK_STATUSES].sort());
  });

  test('the types of the groups agree with their values', () => {
    expectTypeOf<StatusIn<'waiting'>>().toEqualTypeOf<'Enqueued' | 'Processed' | 'Retrying'>();
    expectTypeOf<StatusIn<'running'>>().toEqualTypeOf<'Running' | 'Stopping'>();
    expectTypeOf<StatusIn<'succeeded'>>().toEqualTypeOf<'Succeeded'>();
    expectTypeOf<StatusIn<'failed'>>().toEqualTypeOf<'Failed' | 'Expired' | 'Invalid'>();
    expectTypeOf<StatusIn<'stopped'>>().toEqualTypeOf<'Stopped'>();
  });

  test('a group is terminal as a whole or not at all', () => {
    const mixed = STATUS_GROUPS.filter((group) => new Set(statusesIn(group).map(isTerminal)).size > 1);
    expect(mixed).toEqual([]);
  });

  test('unfinished tasks can be stopped unless a stop was requested, and ended ones redriven unless they succeeded', () => {
    expect(statusesWith('stop')).toEqual(
      TASK_STATUSES.filter((status) => !isTerminal(status) && status !== 'Stopping'),
    );
    expect(statusesWith('redrive')).toEqual(
      TASK_STATUSES.filter((status) => isTerminal(status) && status !== 'Succeeded'),
    );
    expect(TASK_STATUSES.filter((status) => allows(status, 'expire'))).toEqual(statusesWith('expire'));
  });

  test('a stop was requested of Stopping and Stopped tasks only', () => {
    expect(TASK_STATUSES.filter(isStopRequested)).toEqual(['Stopping', 'Stopped']);
  });

  test('the index by state holds every group but succeeded', () => {
    expect(INDEX_STATE_NAMES).toEqual(STATUS_GROUPS.filter((group) => group !== 'succeeded'));
    expect(TASK_STATUSES.filter((status) => indexStateOf(status) === undefined)).toEqual(['Succeeded']);
    for (const status of statusesIn('failed')) expect(indexStateOf(status)).toBe('failed');
  });
});

test.each(['toString', '__proto__', 'succeeded', '', 1, null, undefined])('%o is no status', (value) => {
  expect(isTaskStatus(value)).toBe(false);
});
