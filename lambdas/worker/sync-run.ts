import type { Context } from 'aws-lambda';
import { encodedBytes } from '../domain/encoded-text.ts';
import { FAILURES } from '../domain/failure.ts';
import { SYNC_RESULT_MAX_BYTES } from '../domain/limits.ts';
import type { SyncInvocation, SyncOutcome, SyncRun } from '../domain/sync-invocation.ts';
import type { AttemptOutcome } from '../tasks/end-run.ts';
import { type Execute, runAttempt } from './attempt.ts';

export interface SyncRunOptions {
  readonly execute: Execute;
  readonly timeoutSeconds: number;
  readonly lambdaContext: Context;
  readonly instanceId: string;
}

/**
 * Runs the function for a caller that waits. An instance runs one such invocation at a time and nothing beside it, so
 * that nobody needs to watch it: its signal aborts at the time-out, and code that does not heed it ends with Lambda's own.
 */
export async function runSync(
  { instanceId, ...options }: SyncRunOptions,
  { requestId, payloadText, trace }: SyncInvocation,
): Promise<SyncRun> {
  const startTime = performance.now();
  const about = { requestId, attempt: 1, ...trace };
  const outcome = await runAttempt({ ...options, stopping: new AbortController() }, about, payloadText);
  return {
    outcome: toSyncOutcome(outcome),
    durationMs: Math.round(performance.now() - startTime),
    maxMemoryMegabytes: process.resourceUsage().maxRSS / 1024,
    instanceId,
  };
}

function toSyncOutcome(outcome: AttemptOutcome): SyncOutcome {
  if ('isHandedBack' in outcome) return { kind: 'notRun', isThrottled: isThrottle(outcome.cause) };
  if (!outcome.isSuccess) return { kind: 'failed', failure: outcome.failure };
  const { resultText } = outcome;
  return encodedBytes(resultText) > SYNC_RESULT_MAX_BYTES
    ? { kind: 'failed', failure: FAILURES.answerTooLarge(resultText) }
    : { kind: 'succeeded', resultText };
}

function isThrottle(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'TooManyRequestsException';
}
