import type { TargetFunction } from '../aws/target-function.ts';
import { TaskModeError } from '../domain/errors.ts';
import { FAILURES, taskFailure } from '../domain/failure.ts';
import type { AttemptOutcome } from '../tasks/end-run.ts';
import type { Execute } from './attempt.ts';

/**
 * Does the work by an existing function of any runtime, invoked synchronously. When its signal aborts, it stops
 * waiting: the function goes on, for Lambda cannot cancel an invocation, and what it answers counts no more.
 */
export function invokeExecutor(target: TargetFunction): Execute {
  return async (payloadText, { signal, traceparent, tracestate }) => {
    try {
      const trace =
        traceparent === undefined ? undefined : { traceparent, ...(tracestate && { tracestate }) };
      const answer = await target.invoke(payloadText, signal, trace);
      return answer.isSuccess
        ? answer
        : { isSuccess: false, failure: reportedFailure(answer.errorType, answer.errorMessage, answer.stack) };
    } catch (error) {
      return notRun(error, signal);
    }
  };
}

/** What the runtime reports of itself (a time-out, a crash) is no error of the function's own. */
function reportedFailure(errorType: string, errorMessage: string, stack: string | undefined) {
  const isOfRuntime = /^(Runtime|Sandbox)\./.test(errorType) || /Task timed out after/.test(errorMessage);
  const kind = isOfRuntime ? 'UnhandledInvocationError' : 'HandledInvocationError';
  return taskFailure(kind, errorType, errorMessage, stack === undefined ? {} : { stack });
}

/** A function that Lambda did not run now is no failed attempt; one that it will never run is. */
function notRun(error: unknown, signal: AbortSignal): AttemptOutcome {
  const isForNow = error instanceof TaskModeError && error.code === 'ServiceUnavailable';
  return isForNow && !signal.aborted
    ? { isSuccess: false, isHandedBack: true, cause: error.cause }
    : { isSuccess: false, failure: FAILURES.notInvoked };
}
