import type { RunCounter } from '../aws/run-counter.ts';
import { FAILURES, type TaskFailure } from '../domain/failure.ts';
import { describeCause, nextTry, TRIED } from '../domain/hand-back.ts';
import type { Invocation } from '../domain/invocation.ts';
import { QUEUE_DELAY_MAX_SECONDS } from '../domain/limits.ts';
import { type MetricValues, metricsOfInvocation } from '../domain/metrics.ts';
import { backOffMs, eventAfterFailure } from '../domain/retry-policy.ts';
import { type AttemptOutcome, untilWritten } from './end-run.ts';
import { type KeepEndDependencies, keepEnd } from './keep-end.ts';

/** One delivery of an invocation's message. */
export interface InvocationDelivery {
  readonly invocation: Invocation;
  /** Serves to delete the message, and for nothing else. */
  readonly receiptHandle: string;
  /** Tells this delivery from the others of its message. */
  readonly runId: string;
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

/** Log events for abnormal endings. Successful invocations are not logged. */
export interface InvocationLog {
  readonly invocationFailed: (run: InvocationRun, failure: TaskFailure) => void;
  readonly invocationExpired: (invocation: Invocation) => void;
  readonly invocationHandedBack: (delivery: InvocationDelivery, reason: unknown) => void;
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

/** Handles the end of an attempt: what follows is sent before this message is acknowledged, so nothing is lost in between. */
export async function endInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  outcome: AttemptOutcome,
): Promise<void> {
  if ('isHandedBack' in outcome) return handBackInvocation(deps, run, outcome.cause);
  if (!outcome.isSuccess) return failInvocation(deps, run, outcome.failure);
  const { invocation, attempt } = run;
  const end = { status: 'Succeeded', attempt, now: deps.clock(), resultText: outcome.resultText } as const;
  await untilWritten(deps, run, () => keepEnd(deps, invocation, end));
  count(deps, run, 'Succeeded');
}

/** Ends an attempt whose code took too long, and runs for at most `waitMs` more. */
export function endKilledInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  { timeoutSeconds, waitMs }: { readonly timeoutSeconds: number; readonly waitMs: number },
): Promise<void> {
  return failInvocation(deps, run, FAILURES.timedOut(timeoutSeconds), waitMs);
}

/** Has a failed attempt repeated by a message of its own, or tells that it was the last. */
export async function failInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  failure: TaskFailure,
  waitMs = 0,
): Promise<void> {
  const { invocation, attempt } = run;
  if (eventAfterFailure({ attempt, config: invocation.config }, failure) === 'retry') {
    const inMs = Math.max(backOffMs(attempt, deps.random()), waitMs);
    await sendInvocation(deps, run, { ...invocation, ...TRIED, attempt }, inMs);
    count(deps, run, 'Retrying');
  } else {
    const end = { status: 'Failed', attempt, now: deps.clock(), error: failure } as const;
    await untilWritten(deps, run, () => keepEnd(deps, invocation, end));
    count(deps, run, 'Failed');
  }
  deps.log.invocationFailed(run, failure);
}

/** Drops an invocation that was not started in time. */
export async function expireInvocation(
  deps: EndInvocationDependencies,
  delivery: InvocationDelivery,
): Promise<void> {
  const { invocation } = delivery;
  const end = { status: 'Expired', attempt: 0, now: deps.clock() } as const;
  await untilWritten(deps, delivery, () => keepEnd(deps, invocation, end));
  deps.log.invocationExpired(invocation);
  deps.countMetrics(invocation.functionName, { ExpiredCount: 1 });
}

/**
 * Hands back an invocation that could not run, by a successor of its message: no attempt is counted. One that could not
 * run for longer than its event age fails.
 */
export async function handBackInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  reason: unknown,
): Promise<void> {
  const { invocation, attempt } = run;
  const now = deps.clock();
  const cause = describeCause(reason);
  const next = nextTry(invocation, now, deps.random());
  if (!next)
    return failInvocation(deps, run, FAILURES.notRun(now - (invocation.handedBackTime ?? now), cause));
  await sendInvocation(deps, run, { ...invocation, ...next.fields, attempt: attempt - 1 }, next.waitMs);
  deps.log.invocationHandedBack(run, reason);
}

/** Hands back the neighbour of a run whose process is killed, by a successor of its message: no attempt is counted. */
export async function handBackNeighbourInvocation(
  deps: EndInvocationDependencies,
  run: InvocationRun,
  { cause, waitMs }: { readonly cause: string; readonly waitMs: number },
): Promise<void> {
  await sendInvocation(deps, run, { ...run.invocation, attempt: run.attempt - 1 }, waitMs);
  deps.log.invocationHandedBack(run, cause);
}

/** Sends the successor of a message; whoever calls acknowledges the message only after that. */
export async function sendInvocation(
  deps: Pick<EndInvocationDependencies, 'queue' | 'queueUrl' | 'clock' | 'pause'>,
  delivery: Pick<InvocationDelivery, 'invocationEndTime'>,
  successor: Invocation,
  inMs: number,
): Promise<void> {
  const seconds = Math.min(Math.max(Math.ceil(inMs / 1000), 0), QUEUE_DELAY_MAX_SECONDS);
  await untilWritten(deps, delivery, () => deps.queue.sendInvocation(deps.queueUrl, successor, seconds));
}

/** Counts an attempt once what follows it is sent. */
function count(
  { countMetrics, clock }: EndInvocationDependencies,
  { invocation: { functionName, dueTime }, attempt, startTime }: InvocationRun,
  to: 'Succeeded' | 'Failed' | 'Retrying',
): void {
  countMetrics(functionName, metricsOfInvocation({ attempt, dueTime, startTime }, to, clock()));
}
