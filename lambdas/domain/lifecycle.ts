/**
 * The lifecycle of a task, written once. Everything that depends on it is derived from this table: the types,
 * the groups of statuses, the conditions of the writes, the list filter, the README's diagram and tables, and the
 * exhaustive test.
 *
 * `handBack` names two targets: Enqueued for a task that never ran before, Retrying for one that did. From Processed it
 * returns a task whose container could not be placed. `fail` leaves Retrying when no worker takes the task for 7 days:
 * TTL would delete it unfinished.
 */
export const LIFECYCLE = {
  Enqueued: {
    dequeue: 'Processed',
    start: 'Running',
    stop: 'Stopped',
    expire: 'Expired',
    invalidate: 'Invalid',
  },
  Processed: {
    start: 'Running',
    handBack: ['Enqueued', 'Retrying'],
    stop: 'Stopped',
    expire: 'Expired',
    invalidate: 'Invalid',
  },
  Running: {
    succeed: 'Succeeded',
    fail: 'Failed',
    retry: 'Retrying',
    handBack: ['Enqueued', 'Retrying'],
    stop: 'Stopping',
  },
  Retrying: { start: 'Running', fail: 'Failed', stop: 'Stopped', invalidate: 'Invalid' },
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

/** The statuses that an event can leave. */
export type SourceOf<E extends TaskEvent> = {
  [S in TaskStatus]: E extends keyof Table[S] ? S : never;
}[TaskStatus];

/** The statuses that an event can lead to. */
type TargetOf<E extends TaskEvent> = {
  [S in TaskStatus]: E extends keyof Table[S] ? TargetsIn<Table[S][E]> : never;
}[TaskStatus];

type TargetsIn<T> = T extends readonly (infer S)[] ? S : T;

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

/** Lists the statuses that `event` can leave, in the table's order: those that can be stopped, redriven, expired. */
export function statusesWith(event: TaskEvent): readonly TaskStatus[] {
  return TASK_STATUSES.filter((status) => allows(status, event));
}

/** Tells whether `event` can leave `status`. */
export function allows<E extends TaskEvent>(status: TaskStatus, event: E): status is SourceOf<E> {
  return targetsOf(status, event).length > 0;
}

export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return rowsOf(status).every(([event]) => event === 'redrive');
}

export const TERMINAL_STATUSES: readonly TerminalStatus[] = TASK_STATUSES.filter(isTerminal);

/** Tells whether a stop has been requested or has happened: repeating it changes nothing. */
export function isStopRequested(status: TaskStatus): status is TargetOf<'stop'> {
  return TASK_STATUSES.some((from) => targetsOf(from, 'stop').includes(status));
}

/** What a task is doing, for people and for indexes: each status is in exactly one group. */
export const STATUS_GROUPS = ['waiting', 'running', 'succeeded', 'failed', 'stopped'] as const;

export type StatusGroup = (typeof STATUS_GROUPS)[number];

/**
 * Waiting: can start, for the first time or again (so Retrying waits). Running: its code runs, so it can succeed.
 * Of the terminal statuses, Succeeded cannot be redriven, Stopped was requested, and the others have failed.
 */
type GroupOf<S extends TaskStatus> =
  S extends SourceOf<'start'>
    ? 'waiting'
    : S extends SourceOf<'succeed'>
      ? 'running'
      : S extends TargetOf<'stop'>
        ? 'stopped'
        : S extends SourceOf<'redrive'>
          ? 'failed'
          : 'succeeded';

/** The statuses of a group. */
export type StatusIn<G extends StatusGroup> = {
  [S in TaskStatus]: GroupOf<S> extends G ? S : never;
}[TaskStatus];

/** Returns the group of a status, as `GroupOf` has it. */
export function statusGroupOf(status: TaskStatus): StatusGroup {
  if (allows(status, 'start')) return 'waiting';
  if (allows(status, 'succeed')) return 'running';
  if (isStopRequested(status)) return 'stopped';
  return allows(status, 'redrive') ? 'failed' : 'succeeded';
}

/** Tells whether a status is in a group. */
export function isInGroup<G extends StatusGroup>(status: TaskStatus, group: G): status is StatusIn<G> {
  return statusGroupOf(status) === group;
}

/** Lists the statuses of a group, in the table's order. */
export function statusesIn<G extends StatusGroup>(group: G): readonly StatusIn<G>[] {
  return TASK_STATUSES.filter((status): status is StatusIn<G> => isInGroup(status, group));
}

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

/**
 * The groups that the `byState` index is keyed by: one index write per group, not one per status. Most tasks end
 * Succeeded, and stay out of the index.
 */
export type IndexState = Exclude<StatusGroup, 'succeeded'>;

export const INDEX_STATE_NAMES: readonly IndexState[] = STATUS_GROUPS.filter(
  (group): group is IndexState => group !== 'succeeded',
);

/** Returns the index state of a status; `undefined` if the index does not hold it. */
export function indexStateOf(status: TaskStatus): IndexState | undefined {
  const group = statusGroupOf(status);
  return group === 'succeeded' ? undefined : group;
}
