/**
 * The lifecycle of a task, written once. Everything that depends on it is derived from this table: the types,
 * the conditions of the writes, the list filter, the README's diagram and table, and the exhaustive test.
 *
 * `handBack` names two targets: Enqueued for a task that never ran before, Retrying for one that did.
 */
export const LIFECYCLE = {
  Enqueued: {
    dequeue: 'Processed',
    start: 'Running',
    stop: 'Stopped',
    expire: 'Expired',
    invalidate: 'Invalid',
  },
  Processed: { start: 'Running', stop: 'Stopped', expire: 'Expired', invalidate: 'Invalid' },
  Running: {
    succeed: 'Succeeded',
    fail: 'Failed',
    retry: 'Retrying',
    handBack: ['Enqueued', 'Retrying'],
    stop: 'Stopping',
  },
  Retrying: { start: 'Running', stop: 'Stopped', fail: 'Failed', invalidate: 'Invalid' },
  Stopping: {
    succeed: 'Stopped',
    fail: 'Stopped',
    retry: 'Stopped',
    handBack: 'Stopped',
    stopped: 'Stopped',
  },
  Succeeded: {},
  Failed: { redrive: 'Enqueued' },
  Stopped: { redrive: 'Enqueued' },
  Expired: { redrive: 'Enqueued' },
  Invalid: { redrive: 'Enqueued' },
} as const satisfies Record<string, Record<string, string | readonly string[]>>;

type Table = typeof LIFECYCLE;

export type TaskStatus = keyof Table;

/** What moves a task from one status to the next. `submit` creates it and has no source status. */
export type TaskEvent = { [S in TaskStatus]: keyof Table[S] }[TaskStatus];

/** The statuses that end a series: only a redrive leaves them. */
export type TerminalStatus = {
  [S in TaskStatus]: Exclude<keyof Table[S], 'redrive'> extends never ? S : never;
}[TaskStatus];

export type UnfinishedStatus = Exclude<TaskStatus, TerminalStatus>;

/** The status that `submit` creates. */
export const INITIAL_STATUS = 'Enqueued' satisfies TaskStatus;

export const TASK_STATUSES = Object.keys(LIFECYCLE) as readonly TaskStatus[];

const rowsOf = (status: TaskStatus): readonly [TaskEvent, readonly TaskStatus[]][] =>
  Object.entries(LIFECYCLE[status]).map(([event, to]) => [event as TaskEvent, [to].flat() as TaskStatus[]]);

export const TASK_EVENTS: readonly TaskEvent[] = [
  ...new Set(TASK_STATUSES.flatMap((status) => rowsOf(status).map(([event]) => event))),
];

export function isTaskStatus(value: unknown): value is TaskStatus {
  return typeof value === 'string' && Object.hasOwn(LIFECYCLE, value);
}

/** Lists where `event` can lead from `status`; empty when the table does not allow it. */
export function targetsOf(status: TaskStatus, event: TaskEvent): readonly TaskStatus[] {
  return rowsOf(status).find(([name]) => name === event)?.[1] ?? [];
}

/** Lists the statuses that `event` takes to `to`: the guard of that write. */
export function sourcesOf(event: TaskEvent, to: TaskStatus): readonly TaskStatus[] {
  return TASK_STATUSES.filter((status) => targetsOf(status, event).includes(to));
}

export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return rowsOf(status).every(([event]) => event === 'redrive');
}

export const TERMINAL_STATUSES: readonly TerminalStatus[] = TASK_STATUSES.filter(isTerminal);

/** Who may raise an event. */
export type Raiser = 'API' | 'worker' | 'supervisor' | 'sweep' | 'dead-letter' | 'triggers' | 'workflows';

/** Who raises each event: the documentation's column, and the list that a reader checks a use case against. */
export const RAISERS: Record<TaskEvent | 'submit', readonly Raiser[]> = {
  submit: ['API', 'triggers', 'workflows'],
  dequeue: ['worker'],
  start: ['worker'],
  succeed: ['worker'],
  fail: ['worker', 'supervisor', 'sweep', 'dead-letter'],
  retry: ['worker', 'supervisor', 'sweep'],
  handBack: ['worker', 'supervisor'],
  stop: ['API', 'supervisor', 'workflows'],
  stopped: ['worker', 'supervisor', 'sweep'],
  expire: ['worker', 'sweep', 'dead-letter'],
  invalidate: ['worker', 'sweep'],
  redrive: ['API', 'workflows'],
};

/** The coarse states that the `byState` index is keyed by: one index write per group, not one per status. */
export type IndexState = 'waiting' | 'running' | 'failed' | 'stopped';

export const INDEX_STATE_NAMES = [
  'waiting',
  'running',
  'failed',
  'stopped',
] as const satisfies readonly IndexState[];

/** The index state of each status; null keeps the task out of the index (most tasks end Succeeded). */
export const INDEX_STATES = {
  Enqueued: 'waiting',
  Processed: 'waiting',
  Retrying: 'waiting',
  Running: 'running',
  Stopping: 'running',
  Failed: 'failed',
  Expired: 'failed',
  Invalid: 'failed',
  Stopped: 'stopped',
  Succeeded: null,
} as const satisfies Record<TaskStatus, IndexState | null>;

/** The statuses of a task that is to start: for the first time, or again. */
export type WaitingStatus = {
  [S in TaskStatus]: (typeof INDEX_STATES)[S] extends 'waiting' ? S : never;
}[TaskStatus];
