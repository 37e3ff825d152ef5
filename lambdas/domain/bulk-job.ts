/**
 * A bulk job stops or redrives all tasks of a function that a filter finds. What it is to find is fixed when it is created:
 * tasks as they were then, of which each is acted on once at the most, however often its worker dies and begins again.
 */
import {
  INDEX_STATE_NAMES,
  INDEX_STATES,
  type IndexState,
  TASK_STATUSES,
  type TaskStatus,
  targetsOf,
} from './lifecycle.ts';
import { BULK_ERRORS_KEPT, BULK_PASSES_MAX, BULK_RETENTION_SECONDS } from './limits.ts';
import { sortKeyBounds, type Task } from './task.ts';

/** What can be done to many tasks, and which of the lifecycle's events that is to each. */
export const BULK_ACTIONS = { Stop: 'stop', Redrive: 'redrive' } as const;

export type BulkAction = keyof typeof BULK_ACTIONS;

export const BULK_ACTION_NAMES = Object.keys(BULK_ACTIONS) as readonly BulkAction[];

/** `Pending` until a worker takes it up; `Stopping` from an abort on until its worker has heard of it. */
export const BULK_JOB_STATUSES = [
  'Pending',
  'Running',
  'Stopping',
  'Succeeded',
  'Failed',
  'Stopped',
] as const;

export type BulkJobStatus = (typeof BULK_JOB_STATUSES)[number];

export const UNFINISHED_BULK_JOB_STATUSES = [
  'Pending',
  'Running',
  'Stopping',
] as const satisfies readonly BulkJobStatus[];

export interface BulkJobKey {
  readonly functionName: string;
  readonly bulkJobId: string;
}

/** Which tasks: each field that is absent lets all through. */
export interface BulkFilter {
  readonly status?: readonly TaskStatus[];
  readonly prefix?: string;
  /** Bounds of the submit time in epoch milliseconds, inclusive. */
  readonly startedTimeBegin?: number;
  readonly startedTimeEnd?: number;
}

/** What is to be done, as it was asked for. */
export interface BulkOrder {
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly maxTasks: number;
  readonly reason?: string;
}

/** A task that could not be acted on, and why. */
export interface BulkRefusal {
  readonly taskId: string;
  readonly code: string;
  readonly message: string;
}

/** What has become of the tasks that were found so far: each is in one of the three counts. */
export interface BulkCounts {
  readonly done: number;
  /** They were no longer what the filter looks for when it was their turn. */
  readonly unchanged: number;
  readonly refused: number;
  readonly refusedByCode: Readonly<Record<string, number>>;
  /** The first few. */
  readonly errors: readonly BulkRefusal[];
}

/** How far the index was looked at: everything before this was. */
export interface BulkPlace {
  /** From 1. */
  readonly pass: number;
  /** Whether this pass has found any task. */
  readonly hasFound: boolean;
  readonly state: IndexState;
  readonly shard: number;
  /** The sort key that was reached in this shard. */
  readonly after?: string;
  /** This pass is over. */
  readonly isOver?: true;
}

export interface BulkJob extends BulkJobKey, BulkOrder, BulkCounts {
  readonly status: BulkJobStatus;
  readonly createdTime: number;
  readonly startTime?: number;
  readonly endTime?: number;
  /** Who had it started, and who had it stopped. */
  readonly caller?: string;
  readonly stoppedBy?: string;
  /** There are more tasks than it was to act on. */
  readonly isMaxTasksReached?: true;
  /** Why it has failed. */
  readonly error?: string;
  readonly place: BulkPlace;
  /** The tasks that are being acted on: whoever takes the job over finds out what became of them. */
  readonly batch: readonly string[];
  /** Who works on it, and until when that one is believed alive. */
  readonly runId?: string;
  readonly leaseUntil?: number;
  /** When it last got on. */
  readonly progressTime: number;
  /** When the sweep is to wake its worker. */
  readonly wakeTime?: number;
  readonly expiresAt: number;
}

export function isUnfinished({ status }: Pick<BulkJob, 'status'>): boolean {
  return (UNFINISHED_BULK_JOB_STATUSES as readonly BulkJobStatus[]).includes(status);
}

/** Tells whether readers still see a job, whatever TTL has deleted by now. */
export function isReadableBulkJob({ expiresAt }: Pick<BulkJob, 'expiresAt'>, now: number): boolean {
  return expiresAt * 1000 > now;
}

/** Lists the statuses that an action can be taken in. */
export function statusesOfAction(action: BulkAction): readonly TaskStatus[] {
  return TASK_STATUSES.filter((status) => targetsOf(status, BULK_ACTIONS[action]).length > 0);
}

/** Lists the statuses that a job looks for. */
export function statusesOf({ action, filter }: Pick<BulkOrder, 'action' | 'filter'>): readonly TaskStatus[] {
  return filter.status ?? statusesOfAction(action);
}

/** Lists the index states that hold tasks of these statuses. */
export function statesOf(statuses: readonly TaskStatus[]): readonly IndexState[] {
  return INDEX_STATE_NAMES.filter((state) => statuses.some((status) => INDEX_STATES[status] === state));
}

/** Bounds of the sort keys of what a filter finds among the tasks that there are at an instant. */
export function boundsOf(
  { startedTimeBegin = 0, startedTimeEnd = Number.MAX_SAFE_INTEGER }: BulkFilter,
  now: number,
) {
  return sortKeyBounds(startedTimeBegin, Math.min(startedTimeEnd, now));
}

/** A filter in the one way to write it: what means the same is the same. */
export function normalized({ status, prefix, ...times }: BulkFilter): BulkFilter {
  return {
    ...(status && { status: TASK_STATUSES.filter((each) => status.includes(each)) }),
    ...(prefix && { prefix }),
    ...(times.startedTimeBegin !== undefined && { startedTimeBegin: times.startedTimeBegin }),
    ...(times.startedTimeEnd !== undefined && { startedTimeEnd: times.startedTimeEnd }),
  };
}

/** Tells whether two jobs are to do the same. */
export function isSameOrder(a: BulkOrder, b: BulkOrder): boolean {
  const text = ({ action, filter, maxTasks, reason }: BulkOrder) =>
    JSON.stringify([action, normalized(filter), maxTasks, reason]);
  return text(a) === text(b);
}

interface NewBulkJob extends BulkJobKey, BulkOrder {
  readonly caller?: string | undefined;
  readonly now: number;
  readonly wakeTime: number;
}

export function newBulkJob({ now, caller, ...job }: NewBulkJob): BulkJob {
  return {
    ...job,
    ...(caller !== undefined && { caller }),
    status: 'Pending',
    createdTime: now,
    ...NO_COUNTS,
    place: firstPlace(job, 1),
    batch: [],
    progressTime: now,
    expiresAt: Math.ceil(now / 1000) + BULK_RETENTION_SECONDS,
  };
}

const NO_COUNTS: BulkCounts = { done: 0, unchanged: 0, refused: 0, refusedByCode: {}, errors: [] };

/** Where a pass begins. */
export function firstPlace(order: Pick<BulkOrder, 'action' | 'filter'>, pass: number): BulkPlace {
  const [state = 'waiting'] = statesOf(statusesOf(order));
  return { pass, hasFound: false, state, shard: 0 };
}

/** The place behind a shard that was looked at to its end. */
export function nextPlace(
  order: Pick<BulkOrder, 'action' | 'filter'>,
  { after: _, ...place }: BulkPlace,
  shardCount: number,
): BulkPlace {
  if (place.shard + 1 < shardCount) return { ...place, shard: place.shard + 1 };
  const states = statesOf(statusesOf(order));
  const state = states[states.indexOf(place.state) + 1];
  return state === undefined ? { ...place, isOver: true } : { ...place, state, shard: 0 };
}

/**
 * Tells whether another pass is to follow one that is over. What is to be redriven has ended and stays where it is, so that
 * one will do; what is to be stopped moves from state to state while it is looked for, and is looked for until a pass that is
 * not the first finds none.
 */
export function isAnotherPassDue(
  { action }: Pick<BulkOrder, 'action'>,
  { pass, hasFound }: BulkPlace,
): boolean {
  return action === 'Stop' && pass < BULK_PASSES_MAX && (pass === 1 || hasFound);
}

/** How many tasks were found so far, and what was to become of them is known. */
export function matchedOf({ done, unchanged, refused }: BulkCounts): number {
  return done + unchanged + refused;
}

/** What came of one task's turn. */
export type BulkOutcome = 'done' | 'unchanged' | BulkRefusal;

export function withOutcomes(counts: BulkCounts, outcomes: readonly BulkOutcome[]): BulkCounts {
  const refusals = outcomes.filter((outcome) => typeof outcome === 'object');
  const refusedByCode = { ...counts.refusedByCode };
  for (const { code } of refusals) refusedByCode[code] = (refusedByCode[code] ?? 0) + 1;
  return {
    done: counts.done + outcomes.filter((outcome) => outcome === 'done').length,
    unchanged: counts.unchanged + outcomes.filter((outcome) => outcome === 'unchanged').length,
    refused: counts.refused + refusals.length,
    refusedByCode,
    errors: [...counts.errors, ...refusals].slice(0, BULK_ERRORS_KEPT),
  };
}

/** What the events of the tasks that a job acted on carry, as JSON text: by this it knows them again. */
export function bulkDetail({ bulkJobId }: Pick<BulkJobKey, 'bulkJobId'>): string {
  return JSON.stringify({ bulkJobId });
}

/** Tells whether a job has acted on a task. */
export function isActedOn(job: Pick<BulkJobKey, 'bulkJobId'>, { events }: Pick<Task, 'events'>): boolean {
  const detail = bulkDetail(job);
  return events.some(({ eventDetail }) => eventDetail === detail);
}

/**
 * Tells whether a task is one of those that a job is to act on: it is what the filter looks for, and it was there when the
 * job was created, in the series of attempts that it is in now; to be redriven, it must have ended by then. So what runs
 * again since, and fails again, is another's concern.
 */
export function isMeant(job: BulkOrder & Pick<BulkJob, 'createdTime'>, task: Task): boolean {
  const { filter, action, createdTime } = job;
  const seriesTime = task.series > 1 ? task.dueTime : task.submitTime;
  const hadEnded = 'endTime' in task && task.endTime !== undefined && task.endTime <= createdTime;
  return (
    statusesOf(job).includes(task.status) &&
    task.taskId.startsWith(filter.prefix ?? '') &&
    task.submitTime >= (filter.startedTimeBegin ?? 0) &&
    task.submitTime <= Math.min(filter.startedTimeEnd ?? createdTime, createdTime) &&
    seriesTime <= createdTime &&
    (action === 'Stop' || hadEnded)
  );
}
