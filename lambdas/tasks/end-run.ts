import type { PayloadStore } from '../aws/payload-store.ts';
import type { Change, TaskStore } from '../aws/task-store.ts';
import { FAILURES, failureDetail, type TaskFailure } from '../domain/failure.ts';
import { type TaskEvent, targetsOf } from '../domain/lifecycle.ts';
import {
  HAND_BACK_MS,
  HIDDEN_RETRY_MAX_SECONDS,
  INLINE_RESULT_MAX_BYTES,
  RESULT_MAX_BYTES,
  REWRITE_PAUSE_MS,
} from '../domain/limits.ts';
import { backOffMs, eventAfterFailure } from '../domain/retry-policy.ts';
import { type StopEnd, stopDetail } from '../domain/stop-detail.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import {
  expiresAtOfEnd,
  type MessageHops,
  type RunningTask,
  type StoredText,
  type Task,
  type TaskIn,
  type TaskKey,
} from '../domain/task.ts';
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
  /** How a run that heeds its stop has ended; cooperative where nothing else is said. */
  readonly stopEnd?: StopEnd;
  readonly log: EndLog;
}

export interface EndDependencies extends LeaveDependencies {
  readonly payloads: PayloadStore;
}

/** What is worth an operator's attention. A task that goes as it should is not. */
export interface EndLog {
  readonly attemptFailed: (task: Task, failure: TaskFailure) => void;
  /** A run that was asked to stop has ended; `detail` tells how, as JSON text. */
  readonly stopped: (task: Task, detail: string) => void;
  /** The run was overtaken: taken for dead, or its row is gone. What it did counts no more. */
  readonly superseded: (task: Task, current: Task | undefined) => void;
  readonly handedBack: (task: Task, cause: unknown) => void;
}

/** A reason to look at a task. */
export interface WakeUp {
  readonly key: TaskKey;
  /** Of the message that says so; absent where there is none, as for the sweep. */
  readonly receiptHandle?: string;
  /** The instant by which Lambda has certainly ended this invocation. */
  readonly invocationEndTime: number;
}

/** One delivery of a task's message. */
export interface Delivery extends WakeUp {
  readonly receiptHandle: string;
  /** Signs what this delivery writes: it starts one run at the most. */
  readonly runId: string;
  /** When the message was sent, and when the event source had it: known of its first delivery. */
  readonly hops?: MessageHops;
}

/** `done`: the message has served. `keep`: it comes again; its visibility says when. */
export type WakeUpOutcome = 'done' | 'keep';

/** How an attempt of the user's code ended. */
export type AttemptOutcome =
  | { readonly isSuccess: true; readonly resultText: string }
  | { readonly isSuccess: false; readonly failure: TaskFailure }
  /** The work could not be done now, for no fault of the task's: it is to be done later, and this attempt does not count. */
  | { readonly isSuccess: false; readonly isHandedBack: true; readonly cause: unknown };

/** Writes how a run ended. A run that was asked to stop meanwhile ends Stopped, whatever it did. */
export async function endRun(
  deps: EndDependencies,
  task: RunningTask,
  outcome: AttemptOutcome,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  if ('isHandedBack' in outcome) {
    return handBack(deps, task, wakeUp, { cause: outcome.cause, waitMs: HAND_BACK_MS });
  }
  if (!outcome.isSuccess) return failRun(deps, task, outcome.failure, wakeUp);
  const bytes = byteLength(outcome.resultText);
  if (bytes > RESULT_MAX_BYTES) return failRun(deps, task, FAILURES.resultTooLarge(bytes), wakeUp);
  const result = await untilWritten(deps, wakeUp, () => placed(deps, task, outcome.resultText));
  const isWritten = await leaveRun(deps, task, 'succeed', { error: undefined, result }, wakeUp);
  if (!isWritten) await deps.payloads.discard(result);
  return 'done';
}

/** Ends a run whose process died, which counts as a failure of the attempt; a stop that it had not heeded is done. */
export async function endDeadRun(
  deps: LeaveDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  const failure = FAILURES.instanceDied(task.instanceId);
  return task.status === 'Running'
    ? failRun(deps, task, failure, wakeUp)
    : stopRun(deps, task, 'died', wakeUp);
}

/** Ends a run whose code did not end by itself, and no longer runs: it was asked to stop, or its time was up. */
export async function endKilledRun(
  deps: LeaveDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  timeoutSeconds: number,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  return task.status === 'Running'
    ? failRun(deps, task, FAILURES.timedOut(timeoutSeconds), wakeUp)
    : stopRun(deps, task, 'killed', wakeUp);
}

async function stopRun(
  deps: LeaveDependencies,
  task: TaskIn<'Stopping'>,
  endedBy: StopEnd,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  const eventDetail = stopDetail(task, endedBy, deps.clock());
  const isWritten = await leaveRun(deps, task, 'stopped', { error: undefined, eventDetail }, wakeUp);
  if (isWritten) deps.log.stopped(task, eventDetail);
  return 'done';
}

/** Gives a task back that could not run, or not on, for no fault of its own: the attempt is not counted. */
export async function handBack(
  deps: LeaveDependencies,
  task: RunningTask,
  wakeUp: WakeUp,
  { cause, waitMs }: { readonly cause: unknown; readonly waitMs: number },
): Promise<WakeUpOutcome> {
  deps.log.handedBack(task, cause);
  const now = deps.clock();
  const to = task.attempt > 1 ? 'Retrying' : 'Enqueued';
  const fields = { attempt: task.attempt - 1, notBefore: now + waitMs, leaseUntil: undefined };
  const outcome = await deps.store.move(task, 'handBack', to, { now, fields });
  if (outcome.isWritten) return wakeAgain(deps, task, wakeUp, waitMs);
  await settleOvertaken(deps, task, outcome.current, wakeUp);
  return 'done';
}

async function failRun(
  deps: LeaveDependencies,
  task: RunningTask,
  failure: TaskFailure,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  const event = eventAfterFailure(task, failure);
  if (event === 'retry') return retryRun(deps, task, failure, wakeUp);
  const isWritten = await leaveRun(deps, task, event, { error: failure }, wakeUp);
  if (isWritten) deps.log.attemptFailed(task, failure);
  return 'done';
}

async function retryRun(
  deps: LeaveDependencies,
  task: RunningTask,
  failure: TaskFailure,
  wakeUp: WakeUp,
): Promise<WakeUpOutcome> {
  const now = deps.clock();
  const waitMs = backOffMs(task.attempt, deps.random());
  const change: Change = {
    now,
    eventDetail: failureDetail(failure),
    fields: { error: failure, notBefore: now + waitMs, leaseUntil: undefined },
  };
  const outcome = await untilWritten(deps, wakeUp, () => deps.store.move(task, 'retry', 'Retrying', change));
  if (!outcome.isWritten) {
    await settleOvertaken(deps, task, outcome.current, wakeUp);
    return 'done';
  }
  deps.log.attemptFailed(task, failure);
  return wakeAgain(deps, task, wakeUp, waitMs);
}

/**
 * Has the task looked at again: by its own message, hidden for so long, or by a fresh one where the wait is long or
 * the message is no longer ours to hide.
 */
async function wakeAgain(
  { queue, queueUrl }: LeaveDependencies,
  task: Task,
  { receiptHandle }: WakeUp,
  inMs: number,
): Promise<WakeUpOutcome> {
  const seconds = Math.ceil(inMs / 1000);
  const mayHide = receiptHandle !== undefined && seconds <= HIDDEN_RETRY_MAX_SECONDS;
  if (mayHide && (await queue.retime(queueUrl, receiptHandle, seconds))) return 'keep';
  await queue.send(queueUrl, task, seconds);
  return 'done';
}

interface RunEnd {
  readonly error: TaskFailure | undefined;
  readonly result?: StoredText;
  readonly eventDetail?: string;
}

/** Makes the write that ends the task, and hands it over; tells whether the write took. */
async function leaveRun(
  deps: LeaveDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  event: TaskEvent,
  { error, result, eventDetail }: RunEnd,
  wakeUp: WakeUp,
): Promise<boolean> {
  const [to] = targetsOf(task.status, event);
  if (to === undefined) throw new Error(`a task that is ${task.status} knows no event ${event}`);
  const now = deps.clock();
  const change: Change = {
    now,
    eventDetail: eventDetail ?? (error && failureDetail(error)),
    fields: {
      error,
      ...(result && { result }),
      endTime: now,
      durationMs: Math.max(now - task.startTime, 0),
      leaseUntil: undefined,
      expiresAt: expiresAtOfEnd(now),
    },
  };
  const outcome = await untilWritten(deps, wakeUp, () => deps.store.move(task, event, to, change));
  if (outcome.isWritten) await handOver(deps, outcome.task);
  else await settleOvertaken(deps, task, outcome.current, wakeUp);
  return outcome.isWritten;
}

/** The row says that something came between: a stop, which this run now completes, or another run. */
async function settleOvertaken(
  deps: LeaveDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  current: Task | undefined,
  wakeUp: WakeUp,
): Promise<void> {
  if (task.status === 'Running' && current?.status === 'Stopping' && current.runId === task.runId) {
    await stopRun(deps, current, deps.stopEnd ?? 'cooperative', wakeUp);
  } else {
    deps.log.superseded(task, current);
  }
}

async function placed(deps: EndDependencies, task: RunningTask, text: string): Promise<StoredText> {
  if (byteLength(text) <= INLINE_RESULT_MAX_BYTES) return { text };
  const { functionName, taskId, runId } = task;
  const objectKey = `${OBJECT_PREFIXES.result}${functionName}/${taskId}/${runId}`;
  await deps.payloads.put(objectKey, text);
  return { objectKey };
}

/** Repeats a call that AWS did not take for as long as this invocation lives: the work is done, its record must not be lost. */
export async function untilWritten<T>(
  { clock, pause }: Pick<LeaveDependencies, 'clock' | 'pause'>,
  { invocationEndTime }: Pick<WakeUp, 'invocationEndTime'>,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (clock() + REWRITE_PAUSE_MS > invocationEndTime) throw error;
      await pause(REWRITE_PAUSE_MS);
    }
  }
}
