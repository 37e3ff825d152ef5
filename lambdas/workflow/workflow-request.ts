import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { TaskModeError } from '../domain/errors.ts';
import { DELAY_MAX_SECONDS, FUNCTION_NAME_PATTERN, TASK_ID_PATTERN } from '../domain/limits.ts';
import type { TaskKey } from '../domain/task.ts';
import { quoted } from '../domain/text.ts';
import type { Waiter } from '../domain/waiter.ts';

/** What the state `TaskInvoke` sends, under the names that it sends it. */
const workflowRequest = z.object({
  functionName: z.string().check(z.regex(FUNCTION_NAME_PATTERN)),
  payload: z.unknown(),
  taskId: z.optional(
    z
      .string()
      .check(
        z.regex(
          TASK_ID_PATTERN,
          'must have 1 to 128 characters, starting with a letter or _ and of letters, digits, _ and - only',
        ),
      ),
  ),
  delaySeconds: z._default(
    z
      .int(`must be a whole number of seconds from 0 to ${DELAY_MAX_SECONDS}`)
      .check(
        z.minimum(0, `must be a whole number of seconds from 0 to ${DELAY_MAX_SECONDS}`),
        z.maximum(DELAY_MAX_SECONDS, `must be a whole number of seconds from 0 to ${DELAY_MAX_SECONDS}`),
      ),
    0,
  ),
  waitFor: z.enum(['response', 'task', 'callback']),
  token: z.optional(z.string()),
  timeoutSeconds: z.optional(z.number()),
  heartbeatSeconds: z.optional(z.number()),
  executionId: z.string(),
  stateName: z.string(),
  enteredTime: z.string(),
  mapIndex: z.optional(z.number()),
});

export type WorkflowRequest = z.output<typeof workflowRequest> & { readonly taskId: string };

/**
 * Reads what a workflow's state asks for.
 * @throws TaskModeError `InvalidArgument` naming field, value and what is wanted.
 */
export function toWorkflowRequest(event: unknown): WorkflowRequest {
  const parsed = z.safeParse(workflowRequest, event);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = String(issue?.path[0] ?? 'event');
    const value = (event as Record<string, unknown> | null)?.[field];
    throw new TaskModeError(
      'InvalidArgument',
      `${field} ${issue?.message}, got ${value === undefined ? 'none' : quoted(String(value))}`,
    );
  }
  return { ...parsed.data, taskId: parsed.data.taskId ?? defaultTaskId(parsed.data) };
}

/** Tells how the state waits that asks for a task; undefined when it does not. */
export function waiterOf(request: WorkflowRequest, now: number): Waiter | undefined {
  const { waitFor, token, executionId, timeoutSeconds, heartbeatSeconds } = request;
  if (waitFor === 'response' || token === undefined) return undefined;
  const withinSeconds = Math.min(timeoutSeconds ?? Infinity, heartbeatSeconds ?? Infinity);
  return {
    token,
    executionId,
    waitFor,
    ...(Number.isFinite(withinSeconds) && { untilTime: now + withinSeconds * 1000 }),
    ...(heartbeatSeconds !== undefined && { heartbeatSeconds }),
  };
}

/**
 * Reads which task a state has asked for, from the parameters in its history, or from the input of the function that it
 * called where it does not wait; undefined when it asked for something else.
 */
export function taskOfRequest(parametersText: string): TaskKey | undefined {
  try {
    const parameters = JSON.parse(parametersText) as { readonly Payload?: unknown };
    const { functionName, taskId } = toWorkflowRequest(parameters.Payload ?? parameters);
    return { functionName, taskId };
  } catch {
    return undefined;
  }
}

/**
 * The same for every attempt of a state, and another for every state that is entered. A hash: execution and state may
 * have 80 characters each, and a task id 128.
 */
function defaultTaskId({
  executionId,
  stateName,
  enteredTime,
  mapIndex,
}: z.output<typeof workflowRequest>): string {
  const text = JSON.stringify([executionId, stateName, enteredTime, mapIndex ?? null]);
  return `w-${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}
