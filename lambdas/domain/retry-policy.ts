import type { TaskFailure } from './failure.ts';
import { BACK_OFF_SECONDS } from './limits.ts';
import type { RunningTask } from './task.ts';

/** Tells what a failed attempt leads to: attempts that are left are used, but for a failure that would only repeat. */
export function eventAfterFailure(
  { attempt, config }: Pick<RunningTask, 'attempt' | 'config'>,
  failure: TaskFailure,
): 'retry' | 'fail' {
  return !failure.isFinal && attempt <= config.maxAsyncRetryAttempts ? 'retry' : 'fail';
}

/**
 * Back-off after a failed attempt: exponential with full jitter, at most 1, 2, 4 ... 900 s after the 1st, 2nd, 3rd ...
 * @param random - from 0 to below 1
 */
export function backOffMs(attempt: number, random: number): number {
  const ceilingSeconds = Math.min(BACK_OFF_SECONDS.base * 2 ** (attempt - 1), BACK_OFF_SECONDS.max);
  return Math.round(ceilingSeconds * 1000 * random);
}
