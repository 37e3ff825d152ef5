import * as z from 'zod/mini';
import { TaskModeError } from '../domain/errors.ts';
import { BATCH_TASKS_MAX, DELAY_MAX_SECONDS } from '../domain/limits.ts';
import type { BatchOutcome } from '../tasks/submit-tasks.ts';
import { toApiError } from './errors.ts';
import { bodyObject, checkBody, parseWholeBody } from './json-body.ts';
import { functionName, qualifier, taskId, tenant } from './schemas.ts';

/** SubmitAsyncTasks is ours: its fields and its JSON body as schemas. */
export const submitAsyncTasksFields = z.object({
  functionName,
  qualifier,
  'x-task-mode-tenant': z.optional(tenant),
});

const DELAY_RULE = `must be a whole number of seconds from 0 to ${DELAY_MAX_SECONDS}`;

export const batchTask = bodyObject({
  taskId: z.optional(taskId),
  payload: z.optional(z.unknown()),
  delaySeconds: z.optional(
    z.int(DELAY_RULE).check(z.minimum(0, DELAY_RULE), z.maximum(DELAY_MAX_SECONDS, DELAY_RULE)),
  ),
  tenant: z.optional(tenant),
});

const COUNT_RULE = `must be a list of 1 to ${BATCH_TASKS_MAX} tasks`;

export const submitAsyncTasksBody = bodyObject({
  tasks: z
    .array(z.unknown(), COUNT_RULE)
    .check(z.minLength(1, COUNT_RULE), z.maxLength(BATCH_TASKS_MAX, COUNT_RULE)),
});

export type BatchTask = z.output<typeof batchTask>;

/** A task of a batch as it was asked for, or what is wrong with it. */
export type ReadTask = BatchTask | { readonly taskId: string | undefined; readonly error: TaskModeError };

/**
 * Reads the tasks of a batch. What is wrong with one of them is no matter of the others.
 * @throws TaskModeError `InvalidArgument` for a body that is no list of tasks.
 */
export function readBatch(text: string): ReadTask[] {
  const { tasks } = parseWholeBody(submitAsyncTasksBody, text);
  const firsts = new Map<string, number>();
  return tasks.map((value, index) => {
    try {
      const task = checkBody(batchTask, withoutNulls(value));
      if (task.taskId === undefined) return task;
      const first = firsts.get(task.taskId) ?? index;
      firsts.set(task.taskId, first);
      if (first === index) return task;
      throw new TaskModeError(
        'InvalidArgument',
        `taskId must be another than that of the batch's task ${first}, got "${task.taskId}"`,
      );
    } catch (error) {
      if (!(error instanceof TaskModeError)) throw error;
      return { taskId: idOf(value), error };
    }
  });
}

/** Which task was meant, as far as that can be told. */
function idOf(value: unknown): string | undefined {
  const { taskId: id } = Object(value) as { readonly taskId?: unknown };
  return typeof id === 'string' ? id.slice(0, 128) : undefined;
}

/** A field that is null counts as absent (contract section 2); a payload may be null. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([name, field]) => field !== null || name === 'payload'),
  );
}

/** What the batch answers of one task: what its submit alone would, status code and body. */
export function toBatchAnswer(outcome: BatchOutcome): object {
  if (outcome.isAccepted) return { taskId: outcome.taskId, statusCode: 202 };
  const { statusCode, code, message, details } = toApiError(outcome.error);
  return { taskId: outcome.taskId, ...details, statusCode, Code: code, Message: message };
}
