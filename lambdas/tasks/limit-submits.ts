import type { SubmitCounter } from '../aws/submit-counter.ts';
import { TaskModeError } from '../domain/errors.ts';
import { SUBMIT_CALLERS_KNOWN } from '../domain/limits.ts';
import {
  type Allowance,
  excessMsOf,
  isToBeCounted,
  newAllowance,
  periodOf,
  type SubmitRate,
  taken,
  waitMsOf,
} from '../domain/submit-rate.ts';

export interface LimitSubmitsDependencies {
  readonly rate: SubmitRate;
  /** What this instance knows of its callers. It lives as long as the instance. */
  readonly allowances: Map<string, Allowance>;
  /** Makes a counter whose calls end with this request. */
  readonly newCounter: () => SubmitCounter;
  readonly clock: () => number;
  readonly logFault: (error: unknown) => void;
}

/**
 * Lets one submit of a caller through, or a batch of some, or refuses it. A batch may be larger than what is left: who sends it
 * waits for so much longer afterwards. Each instance holds a caller to its rate by itself, and counts what
 * it let through with the others now and then: so the caller may be let through more often for as long as they have
 * not. Where they cannot be counted, this instance's own measure holds: the limiter is no reason to lose a submit.
 * @throws TaskModeError `Throttling.User`, telling when to come again.
 */
export async function limitSubmits(
  deps: LimitSubmitsDependencies,
  caller: string,
  submits = 1,
): Promise<void> {
  const { rate, allowances, clock } = deps;
  const now = clock();
  const before = allowances.get(caller) ?? newAllowance(rate, now);
  const waitMs = waitMsOf(before, rate, now);
  if (waitMs > 0) throw refusal(rate, waitMs);
  const after = taken(before, rate, now, submits);
  const isCounted = isToBeCounted(after);
  remember(allowances, caller, isCounted ? { ...after, uncounted: 0 } : after);
  if (isCounted) await countWithOthers(deps, caller, after);
}

async function countWithOthers(
  { rate, allowances, newCounter, logFault }: LimitSubmitsDependencies,
  caller: string,
  { uncounted, time }: Allowance,
): Promise<void> {
  try {
    const submits = await newCounter().count(caller, periodOf(time), uncounted);
    const refusedUntil = time + excessMsOf(rate, submits, time);
    const current = allowances.get(caller);
    if (current) allowances.set(caller, { ...current, refusedUntil });
  } catch (error) {
    logFault(error);
  }
}

/** Of many callers those are forgotten that were not here for longest, whose allowance is the fullest. */
function remember(allowances: Map<string, Allowance>, caller: string, allowance: Allowance): void {
  allowances.delete(caller);
  allowances.set(caller, allowance);
  const [oldest] = allowances.keys();
  if (oldest !== undefined && allowances.size > SUBMIT_CALLERS_KNOWN) allowances.delete(oldest);
}

function refusal({ perSecond, burst }: SubmitRate, waitMs: number): TaskModeError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new TaskModeError(
    'Throttling.User',
    `a caller may submit at most ${perSecond} times a second, ${burst} at once. Please retry in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
