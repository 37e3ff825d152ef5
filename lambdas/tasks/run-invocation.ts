import { ObjectGoneError } from '../aws/payload-store.ts';
import { FAILURES } from '../domain/failure.ts';
import { isInvocationOverdue } from '../domain/invocation.ts';
import { HAND_BACK_MS } from '../domain/limits.ts';
import {
  type EndInvocationDependencies,
  endInvocation,
  expireInvocation,
  failInvocation,
  handBackInvocation,
  type InvocationDelivery,
  type InvocationRun,
} from './end-invocation.ts';
import type { AttemptOutcome, WakeUpOutcome } from './end-run.ts';

export interface RunInvocationDependencies extends EndInvocationDependencies {
  /** Runs the user's code once. Never rejects: what the code throws is an outcome. */
  readonly attempt: (run: InvocationRun, payloadText: string) => Promise<AttemptOutcome>;
}

/**
 * Acts on the message of an invocation that has no record: runs the code, and sends what is to follow. It may run more
 * than once: its message is all there is, and that goes only after what follows it is sent.
 * @throws TaskModeError when AWS does not take what is to be sent; the message then comes again by itself.
 */
export async function runInvocation(
  deps: RunInvocationDependencies,
  delivery: InvocationDelivery,
): Promise<WakeUpOutcome> {
  const { invocation } = delivery;
  if (isInvocationOverdue(invocation, deps.clock())) return expireInvocation(deps, delivery);
  const run = { ...delivery, attempt: await attemptOf(deps, delivery), startTime: deps.clock() };
  if (run.attempt > invocation.config.maxAsyncRetryAttempts + 1) {
    // Each attempt that it had was begun, and ended with its instance.
    return failInvocation(deps, { ...run, attempt: run.attempt - 1 }, FAILURES.instancesDied);
  }
  let payloadText: string;
  try {
    payloadText = await deps.payloads.read(invocation.payload);
  } catch (error) {
    return error instanceof ObjectGoneError
      ? failInvocation(deps, run, FAILURES.payloadExpired)
      : handBackInvocation(deps, delivery, { cause: error, waitMs: HAND_BACK_MS });
  }
  return endInvocation(deps, run, await deps.attempt(run, payloadText));
}

/**
 * Tells which attempt this delivery is. Of a message that comes for the second time nobody knows whether the first had
 * begun to run, and it is taken that it had not: an invocation that no instance could be had for must not fail by that.
 * From then on each begin is counted.
 */
async function attemptOf(
  { runs, clock }: RunInvocationDependencies,
  { invocation, isRepeated }: InvocationDelivery,
): Promise<number> {
  return invocation.attempt + (isRepeated ? Math.max(await runs.count(invocation, 1, clock()), 1) : 1);
}
