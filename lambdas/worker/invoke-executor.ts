import { failureOfInvoke } from '../aws/invoke-error.ts';
import type { TargetFunction } from '../aws/target-function.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { Execute } from './attempt.ts';

/**
 * Does the work by an existing function of any runtime, invoked synchronously. When its signal aborts, it stops
 * waiting: the function goes on, for Lambda cannot cancel an invocation, and what it answers counts no more.
 * Only an invocation that has certainly not run is handed back; one whose answer was lost is a failed attempt.
 */
export function invokeExecutor(target: TargetFunction): Execute {
  return async (payloadText, { signal, traceparent, tracestate }) => {
    const trace = traceparent === undefined ? undefined : { traceparent, ...(tracestate && { tracestate }) };
    try {
      return await target.invoke(payloadText, signal, trace);
    } catch (error) {
      const hasNotRun = error instanceof TaskModeError && error.code === 'ServiceUnavailable';
      return hasNotRun && !signal.aborted
        ? { isSuccess: false, isHandedBack: true, cause: error.cause }
        : { isSuccess: false, failure: failureOfInvoke(hasNotRun ? error.cause : error) };
    }
  };
}
