import {
  INDEX_STATE_NAMES,
  type IndexState,
  indexStateOf,
  statusesWith,
  TASK_STATUSES,
  type TaskStatus,
} from './lifecycle.ts';
import { sortKeyBounds } from './task.ts';

/** What can be done to many tasks, and which of the lifecycle's events that is to each. */
export const BULK_ACTIONS = { Stop: 'stop', Redrive: 'redrive' } as const;

export type BulkAction = keyof typeof BULK_ACTIONS;

export const BULK_ACTION_NAMES = Object.keys(BULK_ACTIONS) as readonly BulkAction[];

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

/** Lists the statuses that an action can be taken in. */
export function statusesOfAction(action: BulkAction): readonly TaskStatus[] {
  return statusesWith(BULK_ACTIONS[action]);
}

/** Lists the statuses that a job looks for. */
export function statusesOf({ action, filter }: Pick<BulkOrder, 'action' | 'filter'>): readonly TaskStatus[] {
  return filter.status ?? statusesOfAction(action);
}

/** Lists the index states that hold tasks of these statuses. */
export function statesOf(statuses: readonly TaskStatus[]): readonly IndexState[] {
  return INDEX_STATE_NAMES.filter((state) => statuses.some((status) => indexStateOf(status) === state));
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
