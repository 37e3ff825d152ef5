import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { TaskModeError } from '../domain/errors.ts';
import { DELAY_MAX_SECONDS, FUNCTION_NAME_PATTERN, TASK_ID_PATTERN } from '../domain/limits.ts';

/** What the rules and schedules of `addTrigger` send, under the names that they send it. */
const triggerRequest = z.object({
  trigger: z.string().check(z.regex(TASK_ID_PATTERN)),
  /** What the trigger was set off by: the event's id, or the scheduled time. The same each time it is delivered. */
  occurrence: z.string().check(z.minLength(1)),
  functionName: z.string().check(z.regex(FUNCTION_NAME_PATTERN)),
  delaySeconds: z.int().check(z.minimum(0), z.maximum(DELAY_MAX_SECONDS)),
  payload: z.optional(z.unknown()),
});

export interface TriggerRequest extends z.output<typeof triggerRequest> {
  readonly taskId: string;
}

/**
 * Reads what a trigger has sent.
 * @throws TaskModeError `InvalidArgument` for what is from no trigger.
 */
export function toTriggerRequest(body: string): TriggerRequest {
  const parsed = z.safeParse(triggerRequest, jsonOf(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TaskModeError(
      'InvalidArgument',
      `no message of a trigger: ${String(issue?.path[0])} ${issue?.message}`,
    );
  }
  return { ...parsed.data, taskId: taskIdOf(parsed.data) };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * The same at every delivery, and another for every trigger and occurrence: `Nightly-2026-11-24T030000Z`. Ids of events
 * are UUIDs; what is not fit for a task id is hashed.
 */
function taskIdOf({ trigger, occurrence }: z.output<typeof triggerRequest>): string {
  const taskId = `${trigger}-${occurrence.replaceAll(':', '')}`;
  return TASK_ID_PATTERN.test(taskId)
    ? taskId
    : `${trigger}-${createHash('sha256').update(occurrence).digest('hex').slice(0, 40)}`;
}
