/**
 * A bulk job stops or redrives all tasks of a function that a filter finds. What it is to find is fixed when it is created:
 * tasks as they were then, of which each is acted on once at the most, however often its worker dies and begins again.
 */
import { type BulkOrder, statusesOf } from './bulk-order.ts';
import { type BulkPlace, firstPlace } from './bulk-place.ts';
import { BULK_ERRORS_KEPT, BULK_RETENTION_SECONDS } from './limits.ts';
import type { Task } from './task.ts';

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
