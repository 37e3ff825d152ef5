import {
  ERROR_MESSAGE_MAX_BYTES,
  ERROR_STACK_MAX_BYTES,
  ERROR_TYPE_MAX_BYTES,
  EVENT_DETAIL_MAX_BYTES,
  RESULT_MAX_BYTES,
  SYNC_RESULT_MAX_BYTES,
} from './limits.ts';
import { byteLength, truncated } from './text.ts';

/**
 * `HandledInvocationError`: the function threw. `UnhandledInvocationError`: it could not be loaded, timed out, crashed
 * or returned what is not JSON (FC contract section 10). The others are ours.
 */
export type FailureKind =
  | 'HandledInvocationError'
  | 'UnhandledInvocationError'
  | 'ResponseTooLarge'
  | 'PayloadExpired';

/** Why an attempt failed. It is kept in the row, so its texts are bounded. */
export interface TaskFailure {
  readonly kind: FailureKind;
  readonly errorType: string;
  readonly errorMessage: string;
  /** Where it was thrown. */
  readonly stack?: string;
  /** Another attempt would only repeat it. */
  readonly isFinal?: true;
}

/** What an error carries that says so of itself: a global symbol, for user code brings its own copy of the class. */
export const FINAL = Symbol.for('lambda-task-mode.final');

export function taskFailure(
  kind: FailureKind,
  errorType: string,
  errorMessage: string,
  more: Pick<TaskFailure, 'stack' | 'isFinal'> = {},
): TaskFailure {
  return {
    kind,
    errorType: truncated(errorType, ERROR_TYPE_MAX_BYTES),
    errorMessage: truncated(errorMessage, ERROR_MESSAGE_MAX_BYTES),
    ...(more.stack !== undefined && { stack: truncated(more.stack, ERROR_STACK_MAX_BYTES) }),
    ...(more.isFinal && { isFinal: true }),
  };
}

/** Turns whatever the user's code threw into a failure. */
export function failureOf(kind: FailureKind, thrown: unknown): TaskFailure {
  if (!(thrown instanceof Error)) return taskFailure(kind, typeof thrown, asText(thrown));
  const more = {
    ...(typeof thrown.stack === 'string' && { stack: framesOf(thrown.stack) }),
    ...(FINAL in thrown && { isFinal: true as const }),
  };
  return taskFailure(kind, asText(thrown.name), asText(thrown.message), more);
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype, or with a hostile one.
    return typeof value;
  }
}

/** The lines of a stack that say where; the first says what, which the failure tells already. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join('\n');
}

export const FAILURES = {
  payloadExpired: taskFailure(
    'PayloadExpired',
    'PayloadExpired',
    'the payload is gone: it is kept for 23 days after the submit',
    { isFinal: true },
  ),
  resultTooLarge: (bytes: number) =>
    taskFailure(
      'ResponseTooLarge',
      'ResponseTooLarge',
      `the result has ${bytes} bytes as JSON, and at most ${RESULT_MAX_BYTES} are kept`,
      { isFinal: true },
    ),
  answerTooLarge: (resultText: string) =>
    taskFailure(
      'ResponseTooLarge',
      'ResponseTooLarge',
      `the result has ${byteLength(resultText)} bytes as JSON, and a synchronous invocation answers at most ${SYNC_RESULT_MAX_BYTES}, counted as base64 or with its escapes`,
    ),
  notRun: (sinceMs: number, cause: string) =>
    taskFailure(
      'UnhandledInvocationError',
      'Task.NotRun',
      `the function could not be run for ${Math.round(sinceMs / 60_000)} minutes: ${cause}`,
      { isFinal: true },
    ),
  notJson: (reason: string) =>
    taskFailure('UnhandledInvocationError', 'Runtime.MarshalError', `the result is not JSON: ${reason}`),
  instanceDied: (instanceId: string) =>
    taskFailure(
      'UnhandledInvocationError',
      'Runtime.ExitError',
      `instance ${instanceId} ended before the function did: time-out, out of memory, or killed`,
    ),
  instancesDied: taskFailure(
    'UnhandledInvocationError',
    'Runtime.ExitError',
    'each instance that ran the function ended before it did: time-out, out of memory, or killed',
  ),
  timedOut: (timeoutSeconds: number) =>
    taskFailure(
      'UnhandledInvocationError',
      'Task.TimedOut',
      `the function took longer than its time-out of ${timeoutSeconds} s`,
    ),
} as const;

/** A failure in one text, as `taskErrorMessage` tells it. */
export function failureText({ kind, errorType, errorMessage, stack }: TaskFailure): string {
  return [`${kind}: ${errorType}: ${errorMessage}`, ...(stack ? [stack] : [])].join('\n');
}

/** A failure as the function's own runtime words it. */
export function failureReport({ errorMessage, errorType, stack }: TaskFailure): string {
  return JSON.stringify({ errorMessage, errorType, ...(stack && { stackTrace: stack.split('\n') }) });
}

/** The JSON text that an event carries about a failure (FC contract section 5: `{"Error": "…"}`), within its bound. */
export function failureDetail({ kind, errorType, errorMessage, stack }: TaskFailure): string {
  const detail = (bytes: number) =>
    JSON.stringify({
      Error: kind,
      errorType,
      errorMessage: truncated(errorMessage, bytes),
      ...(stack && { stack: truncated(stack, bytes / 2) }),
    });
  // Escapes make JSON longer than the text it holds, by how much is known only afterwards.
  for (let bytes = EVENT_DETAIL_MAX_BYTES; bytes > 8; bytes >>= 1) {
    const text = detail(bytes);
    if (byteLength(text) <= EVENT_DETAIL_MAX_BYTES) return text;
  }
  return JSON.stringify({ Error: kind });
}
