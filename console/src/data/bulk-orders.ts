import { type BulkAction, type BulkFilter, statusesWith, type TaskStatus } from '../../../client/index.ts';
import { exactText } from '../display/time.ts';
import { apiFilterOf, type ListView } from './task-filter.ts';

/** Bounds of the API (ours). */
export const BULK_TASKS_MAX = 100_000;
export const BULK_TASKS_DEFAULT = 10_000;
export const BULK_REASON_MAX = 256;

/** What the actions are called where people read of them. */
export const ACTION_WORDS = {
  Stop: { act: 'Stop', past: 'stopped' },
  Redrive: { act: 'Redrive', past: 'redriven' },
} as const satisfies Record<BulkAction, object>;

/** The statuses in which an action can be taken. */
export const ACTION_STATUSES: Readonly<Record<BulkAction, readonly TaskStatus[]>> = {
  Stop: statusesWith('stop'),
  Redrive: statusesWith('redrive'),
};

/** Why an action cannot be taken on what a list shows; undefined when it can. */
export function refusalOfAction(action: BulkAction, { status }: ListView): string | undefined {
  if (status === undefined || ACTION_STATUSES[action].includes(status)) return undefined;
  return `The list shows ${status} tasks, which cannot be ${ACTION_WORDS[action].past}`;
}

/** The tasks of a list as a job takes them: a relative time counts from now, once. */
export function bulkFilterOf(view: ListView, now: number): BulkFilter {
  const { status, ...others } = apiFilterOf(view, now);
  return { ...(status !== undefined && { status: [status].flat() }), ...others };
}

/** A job's filter in words. */
export function bulkFilterText({ status, prefix, startedTimeBegin, startedTimeEnd }: BulkFilter): string {
  const parts = [
    status?.join(' or '),
    prefix && `TaskID begins with ${prefix}`,
    startedTimeBegin && `submitted since ${exactText(startedTimeBegin)}`,
    startedTimeEnd && `submitted until ${exactText(startedTimeEnd)}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'all tasks' : parts.join(', ');
}

/** Of a caller's ARN what tells people apart: `user/alice`, `Admin/bob`. */
export function callerText(caller: string): string {
  return caller.replace(/^arn:[^:]*:(?:iam|sts)::\d*:(?:assumed-role\/)?/, '');
}

/** What is wrong with a typed number of tasks; undefined when nothing is. */
export function maxTasksFault(text: string): string | undefined {
  const isGood = /^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= BULK_TASKS_MAX;
  return isGood ? undefined : `A whole number from 1 to ${BULK_TASKS_MAX}`;
}
