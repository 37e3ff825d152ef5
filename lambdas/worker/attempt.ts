import type { Context } from 'aws-lambda';
import { FAILURES } from '../domain/failure.ts';
import type { AttemptOutcome } from '../tasks/end-run.ts';
import type { TaskContext } from './handler.ts';

/** Does a task's work once. Never rejects: whatever goes wrong in it is an outcome. */
export type Execute = (payloadText: string, context: TaskContext) => Promise<AttemptOutcome>;

/** What the code is told of what it is run for. */
export type AttemptInfo = Pick<TaskContext, 'task' | 'requestId' | 'attempt' | 'traceparent' | 'tracestate'>;

export interface AttemptOptions {
  readonly execute: Execute;
  readonly timeoutSeconds: number;
  readonly lambdaContext: Context;
  /** Aborts the work's signal: at the time-out, or when the task is asked to stop. */
  readonly stopping: AbortController;
}

/** Runs one attempt within its time. What ends after its time-out has failed, whatever it says. */
export async function runAttempt(
  { execute, timeoutSeconds, lambdaContext, stopping }: AttemptOptions,
  about: AttemptInfo,
  payloadText: string,
): Promise<AttemptOutcome> {
  const failure = FAILURES.timedOut(timeoutSeconds);
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    stopping.abort(new DOMException(failure.errorMessage, 'TimeoutError'));
  }, timeoutSeconds * 1000);
  const context = { ...lambdaContext, ...about, signal: stopping.signal };
  const outcome = await execute(payloadText, context);
  clearTimeout(timer);
  return isTimedOut ? { isSuccess: false, failure } : outcome;
}
