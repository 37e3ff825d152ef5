import type { PayloadStore } from '../aws/payload-store.ts';
import type { WriteOutcome } from '../aws/task-rows.ts';
import type { Change, TaskStore } from '../aws/task-store.ts';
import type { Waiters } from '../aws/waiters.ts';
import { TaskModeError } from '../domain/errors.ts';
import { FAILURES, failureDetail, type TaskFailure } from '../domain/failure.ts';
import { describeCause, nextTry, TRIED } from '../domain/hand-back.ts';
import { type TaskEvent, type TaskStatus, targetsOf } from '../domain/lifecycle.ts';
import { INLINE_RESULT_MAX_BYTES, QUEUE_DELAY_MAX_SECONDS, RESULT_MAX_BYTES } from '../domain/limits.ts';
import { backOffMs, eventAfterFailure } from '../domain/retry-policy.ts';
import { type StopEnd, stopDetail } from '../domain/stop-detail.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import {
  type Addressed,
  expiresAtOfEnd,
  type MessageHops,
  type RunningTask,
  type StoredText,
  type Task,
  type TaskIn,
  type TaskKey,
} from '../domain/task.ts';
import { isTaskIn, type TaskInGroup } from '../domain/task-group.ts';
import { byteLength } from '../domain/text.ts';
import { type HandOverDependencies, handOver } from './hand-over.ts';

/** What it takes to end a run that has no result. */
export interface LeaveDependencies extends HandOverDependencies {
  readonly store: TaskStore;
  readonly queueUrl: string;
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** How a run that is asked to stop ends here. */
  readonly stopEnd: StopEnd;
  readonly log: EndLog;
}

export interface EndDependencies extends LeaveDependencies {
  readonly payloads: PayloadStore;
  readonly waiters: Waiters;
}

/** Log events for abnormal endings. Successful runs are not logged. */
export interface EndLog {
  readonly attemptFailed: (task: Task, failure: TaskFailure) => void;
  /** A run that was asked to stop has ended; `detail` tells how, as JSON text. */
  readonly stopped: (task: Task, detail: string) => void;
  /** Another run has taken the task over, or its row is gone: this run's outcome does not count. */
  readonly superseded: (task: Task, current: Task | undefined) => void;
  readonly handedBack: (task: Task, reason: unknown) => void;
}

/** A reason to look at a task. */
export interface WakeUp {
  readonly key: TaskKey;
  /** The instant by which Lambda has certainly ended this invocation. */
  readonly invocationEndTime: number;
}

/** One delivery of a task's message. */
export interface Delivery extends WakeUp {
  /** Serves to delete the message, and for nothing else. */
  readonly receiptHandle: string;
  /** For whom the message was sent: a fresh one is sent for the same tenant. */
  readonly tenant: string;
  /** Signs what this delivery writes: it starts one run at most. */
  readonly runId: string;
  /** When the message was sent, and when the event source had it: known of its first delivery. */
  readonly hops?: MessageHops;
}

/** How an attempt of the user's code ended. */
export type AttemptOutcome =
  | { readonly isSuccess: true; readonly resultText: string }
  | { readonly isSuccess: false; readonly failure: TaskFailure }
  /** The work could not be done now, for no fault of the task's: it is to be done later, and this attempt does not count. */
  | { readonly isSuccess: false; readonly isHandedBack: true; readonly cause: unknown };

/** Why a run is ended, and under which further condition. */
interface Ending extends WakeUp {
  /** The lease that is over: if the run has given a heartbeat since, it is alive and is not ended. */
  readonly deadLease?: number;
}

/** Writes how a run ended. A run that was asked to stop meanwhile ends Stopped, whatever it did. */
export async function endRun(
  deps: EndDependencies,
  task: RunningTask,
  outcome: AttemptOutcome,
  wakeUp: WakeUp,
): Promise<void> {
  if ('isHandedBack' in outcome) return handBack(deps, task, wakeUp, outcome.cause);
  if (!outcome.isSuccess) return failRun(deps, task, outcome.failure, wakeUp);
  const bytes = byteLength(outcome.resultText);
  if (bytes > RESULT_MAX_BYTES) return failRun(deps, task, FAILURES.resultTooLarge(bytes), wakeUp);
  const result = await untilWritten(deps, wakeUp, () => storeResult(deps, task, outcome.resultText));
  const isWritten = await leaveRun(deps, task, 'succeed', { error: undefined, result }, wakeUp);
  if (!isWritten) await deps.payloads.discard(result);
}

/**
 * Ends a run whose lease is over: its process died, which counts as a failed attempt, and completes a stop. Whoever finds
 * it does, and only while the lease is the one that was read.
 */
export async function endDeadRun(
  deps: LeaveDependencies,
  task: TaskInGroup<'running'>,
  wakeUp: WakeUp,
): Promise<void> {
  const ending = { ...wakeUp, deadLease: task.leaseUntil };
  return task.status === 'Running'
    ? failRun(deps, task, FAILURES.instanceDied(task.instanceId), ending)
    : stopRun(deps, task, 'died', ending);
}

/** Ends a run whose code was made to end: it was asked to stop, or its time was up. */
export async function endKilledRun(
  deps: LeaveDependencies,
  task: TaskInGroup<'running'>,
  timeoutSeconds: number,
  wakeUp: WakeUp,
): Promise<void> {
  return task.status === 'Running'
    ? failRun(deps, task, FAILURES.timedOut(timeoutSeconds), wakeUp)
    : stopRun(deps, task, deps.stopEnd, wakeUp);
}

async function stopRun(
  deps: LeaveDependencies,
  task: TaskIn<'Stopping'>,
  endedBy: StopEnd,
  ending: Ending,
): Promise<void> {
  const eventDetail = stopDetail(task, endedBy, deps.clock());
  const isWritten = await leaveRun(deps, task, 'stopped', { error: undefined, eventDetail }, ending);
  if (isWritten) deps.log.stopped(task, eventDetail);
}

/**
 * Hands back a task that could not run: its target is throttled or not ready, its payload cannot be read, or AWS does not
 * take our calls. The attempt is not counted. One that could not run for longer than its event age fails.
 */
export async function handBack(
  deps: EndDependencies,
  task: RunningTask,
  wakeUp: WakeUp,
  reason: unknown,
): Promise<void> {
  const now = deps.clock();
  const cause = describeCause(reason);
  const next = nextTry(task, now, deps.random());
  if (!next) {
    return failRun(deps, task, FAILURES.notRun(now - (task.handedBackTime ?? now), cause), wakeUp);
  }
  const { waiter } = task;
  // A state that wants heartbeats must not give up on a task that waits for its turn.
  if (waiter?.heartbeatSeconds !== undefined) await deps.waiters.heartbeat(waiter.token).catch(() => true);
  await giveBack(deps, task, wakeUp, { cause, reason, ...next });
}

/** Hands back the neighbour of a run whose process is killed: it could run, so this is not one of the hand-backs in a row. */
export function handBackNeighbour(
  deps: LeaveDependencies,
  task: RunningTask,
  wakeUp: WakeUp,
  { cause, waitMs }: { readonly cause: string; readonly waitMs: number },
): Promise<void> {
  const startDeadline = Math.max(
    task.startDeadline,
    deps.clock() + task.config.maxAsyncEventAgeInSeconds * 1000,
  );
  return giveBack(deps, task, wakeUp, { cause, reason: cause, waitMs, fields: { startDeadline } });
}

interface GivingBack {
  /** What the task's history says, and what the log says. */
  readonly cause: string;
  readonly reason: unknown;
  readonly waitMs: number;
  readonly fields: object;
}

async function giveBack(
  deps: LeaveDependencies,
  task: RunningTask,
  wakeUp: WakeUp,
  { cause, reason, waitMs, fields }: GivingBack,
): Promise<void> {
  const now = deps.clock();
  const to = task.attempt > 1 ? 'Retrying' : 'Enqueued';
  const change = {
    now,
    handBackCause: cause,
    fields: { ...fields, attempt: task.attempt - 1, notBefore: now + waitMs, leaseUntil: undefined },
  };
  const outcome = await moveRun(deps, task, 'handBack', to, change, wakeUp);
  if (!outcome.isWritten) return settleOvertaken(deps, task, outcome.current, wakeUp);
  await wakeAgain(deps, task, wakeUp, waitMs);
  deps.log.handedBack(task, reason);
}

async function failRun(
  deps: LeaveDependencies,
  task: RunningTask,
  failure: TaskFailure,
  ending: Ending,
): Promise<void> {
  const event = eventAfterFailure(task, failure);
  if (event === 'retry') return retryRun(deps, task, failure, ending);
  const isWritten = await leaveRun(deps, task, event, { error: failure }, ending);
  if (isWritten) deps.log.attemptFailed(task, failure);
}

async function retryRun(
  deps: LeaveDependencies,
  task: RunningTask,
  failure: TaskFailure,
  ending: Ending,
): Promise<void> {
  const now = deps.clock();
  const waitMs = backOffMs(task.attempt, deps.random());
  const change: Change = {
    now,
    eventDetail: failureDetail(failure),
    fields: { ...TRIED, error: failure, notBefore: now + waitMs, leaseUntil: undefined },
  };
  const outcome = await moveRun(deps, task, 'retry', 'Retrying', change, ending);
  if (!outcome.isWritten) return settleOvertaken(deps, task, outcome.current, ending);
  await wakeAgain(deps, task, ending, waitMs);
  deps.log.attemptFailed(task, failure);
}

/**
 * Sends a fresh wake-up for a task that waits.
 * @throws TaskModeError if SQS does not take it within 10 s: then the message that is handled must come again.
 */
export async function wakeAgain(
  { queue, queueUrl, clock, pause }: Pick<LeaveDependencies, 'queue' | 'queueUrl' | 'clock' | 'pause'>,
  task: Addressed,
  { invocationEndTime }: Pick<WakeUp, 'invocationEndTime'>,
  inMs: number,
): Promise<void> {
  const seconds = Math.min(Math.max(Math.ceil(inMs / 1000), 0), QUEUE_DELAY_MAX_SECONDS);
  const untilTime = Math.min(clock() + SEND_WITHIN_MS, invocationEndTime);
  await untilWritten({ clock, pause }, { invocationEndTime: untilTime }, () =>
    queue.send(queueUrl, task, seconds),
  );
}

/** How long a message that must follow may take to be sent, before the message that is handled fails instead. */
const SEND_WITHIN_MS = 10_000;

interface RunEnd {
  readonly error: TaskFailure | undefined;
  readonly result?: StoredText;
  readonly eventDetail?: string;
}

/** Makes the write that ends the task and enqueues its follow-up; returns whether the write was applied. */
async function leaveRun(
  deps: LeaveDependencies,
  task: TaskInGroup<'running'>,
  event: TaskEvent,
  { error, result, eventDetail }: RunEnd,
  ending: Ending,
): Promise<boolean> {
  const [to] = targetsOf(task.status, event);
  if (to === undefined) throw new Error(`a task that is ${task.status} knows no event ${event}`);
  const now = deps.clock();
  const change: Change = {
    now,
    eventDetail: eventDetail ?? (error && failureDetail(error)),
    fields: {
      ...TRIED,
      error,
      ...(result && { result }),
      endTime: now,
      durationMs: Math.max(now - task.startTime, 0),
      leaseUntil: undefined,
      expiresAt: expiresAtOfEnd(now),
    },
  };
  const outcome = await moveRun(deps, task, event, to, change, ending);
  if (outcome.isWritten) await handOver(deps, outcome.task);
  else await settleOvertaken(deps, task, outcome.current, ending);
  return outcome.isWritten;
}

/** Moves a task out of its run. If a workflow has begun to wait for it meanwhile, moves it as it is then. */
async function moveRun(
  deps: LeaveDependencies,
  task: TaskInGroup<'running'>,
  event: TaskEvent,
  to: TaskStatus,
  change: Change,
  ending: Ending,
): Promise<WriteOutcome> {
  const guarded: Change = { ...change, leaseUntil: ending.deadLease };
  const outcome = await untilWritten(deps, ending, () => deps.store.move(task, event, to, guarded));
  if (outcome.isWritten || ending.deadLease !== undefined) return outcome;
  const { current } = outcome;
  return isSameRun(task, current) && current.status === task.status
    ? moveRun(deps, current, event, to, change, ending)
    : outcome;
}

function isSameRun(
  { runId }: TaskInGroup<'running'>,
  current: Task | undefined,
): current is TaskInGroup<'running'> & Task {
  return current !== undefined && isTaskIn(current, 'running') && current.runId === runId;
}

/** The row says that something came between: a stop, which this run now completes, a heartbeat, or another run. */
async function settleOvertaken(
  deps: LeaveDependencies,
  task: TaskInGroup<'running'>,
  current: Task | undefined,
  ending: Ending,
): Promise<void> {
  if (!isSameRun(task, current)) deps.log.superseded(task, current);
  else if (ending.deadLease === undefined && task.status === 'Running' && current.status === 'Stopping') {
    await stopRun(deps, current, deps.stopEnd, ending);
  }
}

async function storeResult(deps: EndDependencies, task: RunningTask, text: string): Promise<StoredText> {
  if (byteLength(text) <= INLINE_RESULT_MAX_BYTES) return { text };
  const { functionName, taskId, runId } = task;
  const objectKey = `${OBJECT_PREFIXES.result}${functionName}/${taskId}/${runId}`;
  await deps.payloads.put(objectKey, text);
  return { objectKey };
}

/** A call that AWS does not take is repeated after this. */
const REPEAT_PAUSE_MS = 1000;

/** What repeating is unlikely to change (a refused request, a missing right) is repeated for this long. */
const FAULT_REPEAT_MS = 10_000;

/**
 * Repeats a call that AWS does not take for as long as this invocation lives: the work is done, and its record must not be
 * lost.
 */
export async function untilWritten<T>(
  { clock, pause }: Pick<LeaveDependencies, 'clock' | 'pause'>,
  { invocationEndTime }: Pick<WakeUp, 'invocationEndTime'>,
  call: () => Promise<T>,
): Promise<T> {
  const faultsUntil = clock() + FAULT_REPEAT_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isTransient = error instanceof TaskModeError && error.code === 'ServiceUnavailable';
      const until = isTransient ? invocationEndTime : Math.min(invocationEndTime, faultsUntil);
      if (clock() + REPEAT_PAUSE_MS > until) throw error;
      await pause(REPEAT_PAUSE_MS);
    }
  }
}
