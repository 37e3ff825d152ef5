import * as z from 'zod/mini';
import { type BulkJob, matchedOf } from '../domain/bulk-job.ts';
import { BULK_ACTION_NAMES, type BulkFilter, normalized, statusesOfAction } from '../domain/bulk-order.ts';
import { BULK_REASON_MAX_CHARACTERS, BULK_TASKS_RANGE, LIST_LIMIT_RANGE } from '../domain/limits.ts';
import { sortKeyOf } from '../domain/task.ts';
import type { BulkTaskCounts } from '../tasks/count-bulk-tasks.ts';
import { bodyObject } from './json-body.ts';
import {
  functionName,
  idPrefix,
  qualifier,
  status,
  TIME_MAX_MS,
  taskId,
  wellFormed,
  wholeNumber,
} from './schemas.ts';

/** Bulk jobs are ours: their fields and JSON bodies as schemas, and what they answer. */
export const bulkJobsFields = z.object({ functionName, qualifier });

/** A job's id follows the rule of a task's. */
const bulkJobId = taskId;

export const bulkJobFields = z.object({ functionName, bulkJobId, qualifier });

export const listBulkJobsFields = z.object({
  functionName,
  qualifier,
  limit: z._default(wholeNumber(LIST_LIMIT_RANGE.min, LIST_LIMIT_RANGE.max, ''), LIST_LIMIT_RANGE.default),
  nextToken: z.optional(z.string()),
});

const TIME_RULE = 'must be a whole number of milliseconds since 1970';

const time = z.optional(z.int(TIME_RULE).check(z.minimum(0, TIME_RULE), z.maximum(TIME_MAX_MS, TIME_RULE)));

const STATUS_RULE = 'must be a list of one status or more';

const MAX_RULE = `must be a whole number of tasks from ${BULK_TASKS_RANGE.min} to ${BULK_TASKS_RANGE.max}`;

export const startBulkJobBody = bodyObject({
  action: z.enum(BULK_ACTION_NAMES, `must be one of ${BULK_ACTION_NAMES.join(', ')}`),
  /** Without it nobody would know whether all tasks are meant: `{}` says that they are. */
  filter: bodyObject({
    status: z.optional(z.array(status, STATUS_RULE).check(z.minLength(1, STATUS_RULE))),
    prefix: z.optional(idPrefix),
    startedTimeBegin: time,
    startedTimeEnd: time,
  }),
  dryRun: z._default(z.boolean('must be true or false'), false),
  maxTasks: z._default(
    z
      .int(MAX_RULE)
      .check(z.minimum(BULK_TASKS_RANGE.min, MAX_RULE), z.maximum(BULK_TASKS_RANGE.max, MAX_RULE)),
    BULK_TASKS_RANGE.default,
  ),
  reason: z.optional(
    z
      .string()
      .check(
        z.minLength(1, 'must not be empty'),
        z.maxLength(BULK_REASON_MAX_CHARACTERS, `must have at most ${BULK_REASON_MAX_CHARACTERS} characters`),
        wellFormed,
      ),
  ),
  bulkJobId: z.optional(bulkJobId),
}).check(({ value, issues }) => {
  const allowed = statusesOfAction(value.action);
  const { status: statuses = [], startedTimeBegin = 0, startedTimeEnd = TIME_MAX_MS } = value.filter;
  const refuse = (message: string, ...path: (string | number)[]) =>
    issues.push({ code: 'custom', message, path: ['filter', ...path], input: value });
  for (const [index, each] of statuses.entries()) {
    if (allowed.includes(each)) continue;
    refuse(`must be one of ${allowed.join(', ')} for action ${value.action}`, 'status', index);
  }
  if (startedTimeBegin > startedTimeEnd) {
    refuse(`must not be after startedTimeEnd (${startedTimeEnd})`, 'startedTimeBegin');
  }
});

export type StartBulkJobBody = z.output<typeof startBulkJobBody>;

/** The filter that a body asks for. */
export function filterOf({ filter }: StartBulkJobBody): BulkFilter {
  const { status: statuses, prefix, startedTimeBegin, startedTimeEnd } = filter;
  return normalized({
    ...(statuses && { status: statuses }),
    ...(prefix !== undefined && { prefix }),
    ...(startedTimeBegin !== undefined && { startedTimeBegin }),
    ...(startedTimeEnd !== undefined && { startedTimeEnd }),
  });
}

/** What a dry run answers. */
export function toBulkJobPreview(
  { action }: Pick<StartBulkJobBody, 'action'>,
  filter: BulkFilter,
  { matched, counts, isComplete }: BulkTaskCounts,
) {
  return { action, filter, matched, countsByStatus: Object.fromEntries(counts), isComplete };
}

/** A job as the API tells it: without what its workers keep for each other. */
export function toBulkJob(job: BulkJob) {
  const { bulkJobId: id, functionName: name, action, filter, maxTasks, reason } = job;
  const { done, unchanged, refused, refusedByCode, errors } = job;
  return {
    bulkJobId: id,
    functionName: name,
    action,
    filter,
    maxTasks,
    reason,
    status: job.status,
    matched: matchedOf(job),
    ...{ done, unchanged, refused, refusedByCode, errors },
    isMaxTasksReached: job.isMaxTasksReached,
    error: job.error,
    createdTime: job.createdTime,
    startTime: job.startTime,
    endTime: job.endTime,
    caller: job.caller,
    stoppedBy: job.stoppedBy,
  };
}

const SORT_KEY = /^[0-9]{15}#[A-Za-z_][A-Za-z0-9_-]{0,127}$/;

/** Tells whether a text is the place of a job in the list. */
export function isBulkJobPlace(place: string): boolean {
  return SORT_KEY.test(place);
}

export function bulkJobPlace({ createdTime, bulkJobId: id }: BulkJob): string {
  return sortKeyOf(createdTime, id);
}
