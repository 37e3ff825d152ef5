import {
  ERROR_MESSAGE_MAX_BYTES,
  ERROR_TYPE_MAX_BYTES,
  EVENT_DETAIL_MAX_BYTES,
  RESULT_MAX_BYTES,
} from './limits.ts';
import { byteLength, truncated } from './text.ts';

/** Why an attempt failed (FC contract section 10). It is kept in the row, so its texts are bounded. */
export interface TaskFailure {
  /**
   * `HandledInvocationError`: the function threw. `UnhandledInvocationError`: it could not be loaded, timed out,
   * crashed or returned what is not JSON. The others are ours.
   */
  readonly kind:
    | 'HandledInvocationError'
    | 'UnhandledInvocationError'
    | 'ResponseTooLarge'
    | 'PayloadExpired';
  readonly errorType: string;
  readonly errorMessage: string;
}

export function taskFailure(kind: TaskFailure['kind'], errorType: string, errorMessage: string): TaskFailure {
  return {
    kind,
    errorType: truncated(errorType, ERROR_TYPE_MAX_BYTES),
    errorMessage: truncated(errorMessage, ERROR_MESSAGE_MAX_BYTES),
  };
}

/** Turns whatever the user's code threw into a failure. */
export function failureOf(kind: TaskFailure['kind'], thrown: unknown): TaskFailure {
  return thrown instanceof Error
    ? taskFailure(kind, thrown.name, thrown.message)
    : taskFailure(kind, typeof thrown, String(thrown));
}

export const FAILURES = {
  payloadExpired: taskFailure(
    'PayloadExpired',
    'PayloadExpired',
    'the payload is gone: it is kept for 23 days after the submit',
  ),
  resultTooLarge: (bytes: number) =>
    taskFailure(
      'ResponseTooLarge',
      'ResponseTooLarge',
      `the result has ${bytes} bytes as JSON, and at most ${RESULT_MAX_BYTES} are kept`,
    ),
  instanceDied: (instanceId: string) =>
    taskFailure(
      'UnhandledInvocationError',
      'Runtime.ExitError',
      `instance ${instanceId} ended before the function did: time-out, out of memory, or killed`,
    ),
  timedOut: (timeoutSeconds: number) =>
    taskFailure(
      'UnhandledInvocationError',
      'Task.TimedOut',
      `the function took longer than its time-out of ${timeoutSeconds} s`,
    ),
} as const;

/** The JSON text that an event carries about a failure (FC contract section 5: `{"Error": "…"}`), within its bound. */
export function failureDetail({ kind, errorType, errorMessage }: TaskFailure): string {
  const detail = (message: string) => JSON.stringify({ Error: kind, errorType, errorMessage: message });
  let text = detail(errorMessage);
  for (let bytes = EVENT_DETAIL_MAX_BYTES; byteLength(text) > EVENT_DETAIL_MAX_BYTES; bytes >>= 1) {
    text = detail(truncated(errorMessage, bytes));
  }
  return text;
}
