import { ObjectGoneError } from '../aws/payload-store.ts';
import { FAILURES } from '../domain/failure.ts';
import { isInvocationOverdue } from '../domain/invocation.ts';
import {
  type EndInvocationDependencies,
  endInvocation,
  expireInvocation,
  failInvocation,
  handBackInvocation,
  type InvocationDelivery,
  type InvocationRun,
  sendInvocation,
} from './end-invocation.ts';
import type { AttemptOutcome } from './end-run.ts';

export interface RunInvocationDependencies extends EndInvocationDependencies {
  /** How much of the worker's invocation must be left for an attempt: its time-out, and what it takes to end it. */
  readonly attemptNeedsMs: number;
  /** Runs the user's code once. Never rejects: what the code throws is an outcome. */
  readonly attempt: (run: InvocationRun, payloadText: string) => Promise<AttemptOutcome>;
}

/**
 * Acts on the message of an invocation that has no record: runs the code, and sends what is to follow. Its message is all
 * there is, so the message is replaced first, by a retry, a hand-back or its end, and acknowledged then: the code may run
 * more than once.
 * @throws TaskModeError if AWS does not take what is to be sent; the message then comes again after its visibility time-out.
 */
export async function runInvocation(
  deps: RunInvocationDependencies,
  delivery: InvocationDelivery,
): Promise<void> {
  const { invocation } = delivery;
  // Of an invocation of the worker of which too little is left, the code would be ended before its time-out.
  if (delivery.invocationEndTime - deps.clock() < deps.attemptNeedsMs) {
    return sendInvocation(deps, delivery, invocation, 0);
  }
  if (isInvocationOverdue(invocation, deps.clock())) return expireInvocation(deps, delivery);
  const run = { ...delivery, attempt: await attemptOf(deps, delivery), startTime: deps.clock() };
  if (run.attempt > invocation.config.maxAsyncRetryAttempts + 1) {
    // Each attempt that it had was begun, and ended with its instance.
    return failInvocation(deps, { ...run, attempt: run.attempt - 1 }, FAILURES.instancesDied);
  }
  let payloadText: string;
  try {
    payloadText = await deps.payloads.read(invocation.payload, {
      functionName: invocation.functionName,
      taskId: invocation.invocationId,
      since: invocation.submitTime,
    });
  } catch (error) {
    return error instanceof ObjectGoneError
      ? failInvocation(deps, run, FAILURES.payloadExpired)
      : handBackInvocation(deps, run, error);
  }
  return endInvocation(deps, run, await deps.attempt(run, payloadText));
}

/**
 * Returns which attempt this delivery is. When a message comes for the second time, nothing says whether its first delivery
 * had begun to run, and it counts as if it had not: an invocation that Lambda throttled must not fail by that. From then on
 * each start is counted.
 */
async function attemptOf(
  { runs, clock }: RunInvocationDependencies,
  { invocation, isRepeated, runId }: InvocationDelivery,
): Promise<number> {
  return invocation.attempt + (isRepeated ? await runs.count(invocation, runId, clock()) : 1);
}
