import { indexStateOf } from './lifecycle.ts';
import { RETRYING_MAX_MS } from './limits.ts';
import type { Addressed, Task, TaskKey } from './task.ts';

/** What the sweep knows of a task before it acts on it: a few small fields of its row. */
export interface SweptTask
  extends Addressed,
    Pick<
      Task,
      'status' | 'version' | 'submissionId' | 'notBefore' | 'startDeadline' | 'wakeTime' | 'resentTime'
    > {
  readonly isTask: true;
  readonly runId?: string;
  readonly leaseUntil?: number;
  readonly followUp?: string;
}

/** A row that is no task, or has what no task has. */
export interface StrayRow extends TaskKey {
  readonly isTask: false;
  readonly wakeTime?: number;
}

export type SweptRow = SweptTask | StrayRow;

/** Tells whether a task is to start: for the first time, or again. */
export function isWaitingRow({ status }: Pick<Task, 'status'>): boolean {
  return indexStateOf(status) === 'waiting';
}

/** Tells whether a waiting task has not started in time. One that is between attempts never expires. */
export function isOverdueRow(
  { status, startDeadline }: Pick<Task, 'status' | 'startDeadline'>,
  now: number,
): boolean {
  return isWaitingRow({ status }) && status !== 'Retrying' && now > startDeadline;
}

/** Tells whether no worker took a task for a week after its back-off, for instance of a paused function. */
export function isAbandoned({ status, notBefore }: Pick<Task, 'status' | 'notBefore'>, now: number): boolean {
  return status === 'Retrying' && now > notBefore + RETRYING_MAX_MS;
}

/** What the ids of kept ends of invocations begin with, in the place of a task's id: no task's id can. */
const END_ID_PREFIX = '!';

/** Tells whether a row is the kept end of an invocation that has no record, and not a task's. */
export function isKeptEnd({ taskId }: TaskKey): boolean {
  return taskId.startsWith(END_ID_PREFIX);
}
