import * as z from 'zod/mini';
import { LOG_LIMIT_RANGE, RETRY_ATTEMPTS_RANGE } from '../domain/limits.ts';
import type { LogPlace, LogRequest, TaskLogs } from '../tasks/get-task-logs.ts';
import { fromPlaceToken, toPlaceToken } from './next-token.ts';
import { functionName, qualifier, taskId, time, wholeNumber } from './schemas.ts';

/** Ours. */
export const taskLogsFields = z.object({
  functionName,
  taskId,
  qualifier,
  attempt: z.optional(wholeNumber(1, RETRY_ATTEMPTS_RANGE.max + 1, '')),
  startTime: z._default(time, 0),
  limit: z._default(wholeNumber(LOG_LIMIT_RANGE.min, LOG_LIMIT_RANGE.max, ''), LOG_LIMIT_RANGE.default),
  nextToken: z.optional(z.string()),
});

type TaskLogsFields = z.output<typeof taskLogsFields>;

/** Milliseconds, milliseconds, lines; and what CloudWatch Logs gave us, with the milliseconds from which it searched. */
const PLACE = /^(\d{1,15})\.(\d{1,15})\.(\d{1,9})(?:\.(\d{1,15})\.([\x21-\x7e]{1,2000}))?$/;

/** @throws TaskModeError `InvalidArgument` for a token of another log. */
export function toLogRequest({ nextToken, ...fields }: TaskLogsFields): LogRequest {
  const { attempt, startTime, limit } = fields;
  const place = fromPlaceToken(nextToken, logOf(fields), (text) => PLACE.test(text));
  const key = { functionName: fields.functionName, taskId: fields.taskId };
  return { key, attempt, startTime, limit, after: place === undefined ? undefined : placeOf(place) };
}

/** `isUpToDate`: these are the last lines that there are now; with a token, others may still come. */
export function toTaskLogs({ lines, isUpToDate, readTo }: TaskLogs, fields: TaskLogsFields) {
  const place = readTo && textOf(readTo);
  return { logs: lines, isUpToDate, nextToken: toPlaceToken(place, logOf(fields)) };
}

function textOf({ runTime, lineTime, seen, search }: LogPlace): string {
  return [runTime, lineTime, seen, ...(search ? [search.startTime, search.nextToken] : [])].join('.');
}

function placeOf(text: string): LogPlace {
  const [, runTime, lineTime, seen, startTime, nextToken] = PLACE.exec(text) ?? [];
  const place = { runTime: Number(runTime), lineTime: Number(lineTime), seen: Number(seen) };
  return nextToken === undefined ? place : { ...place, search: { startTime: Number(startTime), nextToken } };
}

function logOf({ functionName, taskId, attempt, startTime }: Omit<TaskLogsFields, 'nextToken'>) {
  return ['logs', functionName, taskId, attempt ?? 0, startTime];
}
