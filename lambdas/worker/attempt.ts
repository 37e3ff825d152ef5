import type { Context } from 'aws-lambda';
import { FAILURES, failureOf } from '../domain/failure.ts';
import type { RunningTask } from '../domain/task.ts';
import type { AttemptOutcome } from '../tasks/end-run.ts';
import type { TaskContext, TaskHandler } from './handler.ts';

export interface AttemptOptions {
  /** The user's module, being loaded or failed to load. */
  readonly userModule: Promise<{ readonly handler?: unknown }>;
  readonly timeoutSeconds: number;
  readonly lambdaContext: Context;
  /** Aborts the code's signal: at the time-out, or when the task is asked to stop. */
  readonly stopping: AbortController;
}

/** Runs the user's handler once. Never rejects: whatever goes wrong in the user's code is an outcome. */
export async function runAttempt(
  { userModule, timeoutSeconds, lambdaContext, stopping }: AttemptOptions,
  task: RunningTask,
  payloadText: string,
): Promise<AttemptOutcome> {
  let handler: TaskHandler;
  try {
    handler = handlerOf(await userModule);
  } catch (error) {
    return { isSuccess: false, failure: failureOf('UnhandledInvocationError', error) };
  }
  const timedOut = FAILURES.timedOut(timeoutSeconds);
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    stopping.abort(new DOMException(timedOut.errorMessage, 'TimeoutError'));
  }, timeoutSeconds * 1000);
  try {
    const context: TaskContext = { ...lambdaContext, task: infoOf(task), signal: stopping.signal };
    const result = await handler(JSON.parse(payloadText), context);
    return isTimedOut ? { isSuccess: false, failure: timedOut } : serialized(result);
  } catch (error) {
    const failure = isTimedOut ? timedOut : failureOf('HandledInvocationError', error);
    return { isSuccess: false, failure };
  } finally {
    clearTimeout(timer);
  }
}

function handlerOf({ handler }: { readonly handler?: unknown }): TaskHandler {
  if (typeof handler !== 'function') {
    throw new TypeError(
      `the task function's module must export a function named handler, got ${typeof handler}`,
    );
  }
  return handler as TaskHandler;
}

function infoOf({
  taskId,
  functionName,
  attempt,
  series,
  requestId,
  submitTime,
}: RunningTask): TaskContext['task'] {
  return { taskId, functionName, attempt, series, requestId, submitTime };
}

function serialized(result: unknown): AttemptOutcome {
  try {
    // What JSON has no text for (undefined, a function) is null, as Lambda answers it.
    return { isSuccess: true, resultText: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isSuccess: false, failure: FAILURES.notJson(reason) };
  }
}
