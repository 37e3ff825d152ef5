import { failureReport, type TaskFailure } from '../domain/failure.ts';
import type { Invoked } from '../tasks/invoke-function.ts';
import type { ApiAnswer } from './operation.ts';
import { LATEST } from './qualifier.ts';

/**
 * What a synchronous invocation answers (FC contract sections 3 and 10): the result as JSON. A function that failed was
 * invoked all the same, so that is a 200 with `x-fc-error-type`, and its runtime's report as the body.
 */
export function toSyncAnswer({
  outcome,
  durationMs,
  maxMemoryMegabytes,
  instanceId,
  logTail,
}: Invoked): ApiAnswer {
  const known = {
    'x-fc-max-memory-usage': maxMemoryMegabytes?.toFixed(1),
    'x-fc-instance-id': instanceId,
    'x-fc-log-result': logTail,
    'x-fc-error-type': outcome.kind === 'failed' ? errorType(outcome.failure) : undefined,
  };
  const defined = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    statusCode: 200,
    headers: {
      'content-type': 'application/json',
      'x-fc-invocation-duration': String(durationMs),
      'x-fc-invocation-code-version': LATEST,
      ...Object.fromEntries(defined),
    },
    text: outcome.kind === 'failed' ? failureReport(outcome.failure) : outcome.resultText,
  };
}

/** The contract knows two. */
function errorType({ kind }: TaskFailure): string {
  return kind === 'HandledInvocationError' ? kind : 'UnhandledInvocationError';
}
