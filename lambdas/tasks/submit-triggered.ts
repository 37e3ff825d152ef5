import type { Trace } from '../domain/trace.ts';
import { type Submission, type SubmitDependencies, submitTask } from './submit-task.ts';

export interface TriggeredRequest {
  readonly trigger: string;
  readonly functionName: string;
  readonly taskId: string;
  readonly delaySeconds: number;
  readonly payload?: unknown;
  readonly requestId: string;
  /** The event's, where its source is traced. */
  readonly trace?: Trace | undefined;
}

/**
 * Accepts the task of an event or of a scheduled time. One that is delivered again is the same task, which runs once. Each
 * trigger is a tenant of its own, so that a flood of events holds up no schedule.
 * @throws TaskModeError as `submitTask` does, but for a task that is there already.
 */
export function submitTriggered(deps: SubmitDependencies, request: TriggeredRequest): Promise<Submission> {
  const { trigger, functionName, taskId, delaySeconds, payload, requestId, trace } = request;
  const caller = `trigger/${trigger}`;
  return submitTask(deps, {
    functionName,
    taskId,
    requestId,
    caller,
    tenant: caller,
    delaySeconds,
    payload: JSON.stringify(payload ?? {}),
    onDuplicate: 'return',
    trace,
  });
}
