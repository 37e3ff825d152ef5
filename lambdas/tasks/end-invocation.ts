import type { RunCounter } from '../aws/run-counter.ts';
import { FAILURES, type TaskFailure } from '../domain/failure.ts';
import type { Invocation } from '../domain/invocation.ts';
import { HAND_BACK_MS } from '../domain/limits.ts';
import { type MetricValues, metricsOfInvocation } from '../domain/metrics.ts';
import { backOffMs, eventAfterFailure } from '../domain/retry-policy.ts';
import { type AttemptOutcome, untilWritten, type WakeUpOutcome } from './end-run.ts';
import { type KeepEndDependencies, keepEnd } from './keep-end.ts';

/** One delivery of an invocation's message. */
export interface InvocationDelivery {
  readonly invocation: Invocation;
  readonly receiptHandle: string;
  /** The instant by which Lambda has certainly ended this run of the worker. */
  readonly invocationEndTime: number;
  /** Whether the message came before: its attempt may have been begun then, by an instance that died. */
  readonly isRepeated: boolean;
}

/** An attempt that such a delivery leads to. */
export interface InvocationRun extends InvocationDelivery {
  /** 1 for the first. */
  readonly attempt: number;
  readonly startTime: number;
}

/** What is worth an operator's attention. An invocation that goes as it should is not. */
export interface InvocationLog {
  readonly invocationFailed: (run: InvocationRun, failure: TaskFailure) => void;
  readonly invocationExpired: (invocation: Invocation) => void;
  readonly invocationHandedBack: (delivery: InvocationDelivery, cause: unknown) => void;
}

export interface EndInvocationDependencies extends KeepEndDependencies {
  readonly queueUrl: string;
  readonly runs: RunCounter;
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly instanceId: string;
  readonly countMetrics: (functionName: string, values: MetricValues) => void;
  readonly log: InvocationLog;
}

/** Sees to how an attempt ended: what follows is sent before the message of this one goes, so nothing is lost in between. */
export async function endInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  outcome: AttemptOutcome,
): Promise<WakeUpOutcome> {
  if ('isHandedBack' in outcome)
    return handBackInvocation(deps, run, { cause: outcome.cause, waitMs: HAND_BACK_MS });
  if (!outcome.isSuccess) return failInvocation(deps, run, outcome.failure);
  const { invocation, attempt } = run;
  const end = { status: 'Succeeded', attempt, now: deps.clock(), resultText: outcome.resultText } as const;
  await untilWritten(deps, run, () => keepEnd(deps, invocation, end));
  count(deps, run, 'Succeeded');
  return 'done';
}

/** Ends an attempt whose code took too long, and runs for `waitMs` more at the most. */
export function endKilledInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  { timeoutSeconds, waitMs }: { readonly timeoutSeconds: number; readonly waitMs: number },
): Promise<WakeUpOutcome> {
  return failInvocation(deps, run, FAILURES.timedOut(timeoutSeconds), waitMs);
}

/** Has a failed attempt repeated by a message of its own, or tells that it was the last. */
export async function failInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  failure: TaskFailure,
  waitMs = 0,
): Promise<WakeUpOutcome> {
  const { invocation, attempt } = run;
  deps.log.invocationFailed(run, failure);
  if (eventAfterFailure({ attempt, config: invocation.config }, failure) === 'retry') {
    const seconds = Math.ceil(Math.max(backOffMs(attempt, deps.random()), waitMs) / 1000);
    const next = { ...invocation, attempt };
    await untilWritten(deps, run, () => deps.queue.sendInvocation(deps.queueUrl, next, seconds));
    count(deps, run, 'Retrying');
  } else {
    const end = { status: 'Failed', attempt, now: deps.clock(), error: failure } as const;
    await untilWritten(deps, run, () => keepEnd(deps, invocation, end));
    count(deps, run, 'Failed');
  }
  return 'done';
}

/** Drops an invocation that was not started in time. */
export async function expireInvocation(
  deps: EndInvocationDependencies,
  delivery: InvocationDelivery,
): Promise<WakeUpOutcome> {
  const { invocation } = delivery;
  const end = { status: 'Expired', attempt: 0, now: deps.clock() } as const;
  await untilWritten(deps, delivery, () => keepEnd(deps, invocation, end));
  deps.log.invocationExpired(invocation);
  deps.countMetrics(invocation.functionName, { ExpiredCount: 1 });
  return 'done';
}

/** Gives an invocation back that could not run, or not on, for no fault of its own: no attempt is counted. */
export async function handBackInvocation(
  { queue, queueUrl, runs, clock, log }: EndInvocationDependencies,
  delivery: InvocationDelivery,
  { cause, waitMs }: { readonly cause: unknown; readonly waitMs: number },
): Promise<WakeUpOutcome> {
  const { invocation, receiptHandle, isRepeated } = delivery;
  log.invocationHandedBack(delivery, cause);
  if (isRepeated) await runs.count(invocation, -1, clock());
  // Where it is no longer ours to hide, it comes again by itself.
  await queue.retime(queueUrl, receiptHandle, waitMs / 1000);
  return 'keep';
}

/** Counts an attempt once what follows it is sent. */
function count(
  { countMetrics, clock }: EndInvocationDependencies,
  { invocation: { functionName, dueTime }, attempt, startTime }: InvocationRun,
  to: 'Succeeded' | 'Failed' | 'Retrying',
): void {
  countMetrics(functionName, metricsOfInvocation({ attempt, dueTime, startTime }, to, clock()));
}
