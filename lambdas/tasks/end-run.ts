import type { Change, WriteOutcome } from '../aws/task-store.ts';
import { FAILURES, failureDetail, type TaskFailure } from '../domain/failure.ts';
import { type TaskEvent, targetsOf } from '../domain/lifecycle.ts';
import {
  HAND_BACK_MS,
  INLINE_RESULT_MAX_BYTES,
  RESULT_MAX_BYTES,
  REWRITE_PAUSE_MS,
} from '../domain/limits.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import { expiresAtOfEnd, type RunningTask, type StoredText, type Task, type TaskIn } from '../domain/task.ts';
import { byteLength } from '../domain/text.ts';
import type { RunDependencies, WakeUpOutcome } from './run-task.ts';

/** How an attempt of the user's code ended. */
export type AttemptOutcome =
  | { readonly isSuccess: true; readonly resultText: string }
  | { readonly isSuccess: false; readonly failure: TaskFailure };

/** Writes how a run ended. A run that was asked to stop meanwhile ends Stopped, whatever it did. */
export async function endRun(
  deps: RunDependencies,
  task: RunningTask,
  outcome: AttemptOutcome,
): Promise<WakeUpOutcome> {
  if (!outcome.isSuccess) return failRun(deps, task, outcome.failure);
  const bytes = byteLength(outcome.resultText);
  if (bytes > RESULT_MAX_BYTES) return failRun(deps, task, FAILURES.resultTooLarge(bytes));
  const result = await whileLeased(deps, task, () => placed(deps, task, outcome.resultText));
  const isWritten = await leaveRun(deps, task, 'succeed', { result, error: undefined });
  if (!isWritten) await deps.payloads.discard(result);
  return 'done';
}

/** Ends a run whose process died. That counts as the attempt's failure. */
export async function endDeadRun(
  deps: RunDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
): Promise<WakeUpOutcome> {
  const failure = FAILURES.instanceDied(task.instanceId);
  if (task.status === 'Running') return failRun(deps, task, failure);
  await leaveRun(deps, task, 'stopped', { error: failure });
  return 'done';
}

/** Gives a task back that could not run for no fault of its own: the attempt is not counted. */
export async function handBack(
  deps: RunDependencies,
  task: RunningTask,
  receiptHandle: string,
  cause: unknown,
): Promise<WakeUpOutcome> {
  deps.log.handedBack(task, cause);
  const now = deps.clock();
  const to = task.attempt > 1 ? 'Retrying' : 'Enqueued';
  const fields = { attempt: task.attempt - 1, notBefore: now + HAND_BACK_MS, leaseUntil: undefined };
  const outcome = await deps.store.move(task, 'handBack', to, { now, fields });
  if (!outcome.isWritten) {
    await settleOvertaken(deps, task, outcome.current);
    return 'done';
  }
  await deps.queue.retime(deps.queueUrl, receiptHandle, HAND_BACK_MS / 1000);
  return 'keep';
}

async function failRun(
  deps: RunDependencies,
  task: RunningTask,
  failure: TaskFailure,
): Promise<WakeUpOutcome> {
  const isWritten = await leaveRun(deps, task, 'fail', { error: failure });
  if (isWritten) deps.log.attemptFailed(task, failure);
  return 'done';
}

/** Makes the write that ends the run; tells whether it took. */
async function leaveRun(
  deps: RunDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  event: TaskEvent,
  { error, result }: { readonly error: TaskFailure | undefined; readonly result?: StoredText },
): Promise<boolean> {
  const [to] = targetsOf(task.status, event);
  if (to === undefined) throw new Error(`a task that is ${task.status} knows no event ${event}`);
  const now = deps.clock();
  const change: Change = {
    now,
    eventDetail: error && failureDetail(error),
    fields: {
      error,
      ...(result && { result }),
      endTime: now,
      durationMs: Math.max(now - task.startTime, 0),
      leaseUntil: undefined,
      expiresAt: expiresAtOfEnd(now),
    },
  };
  const outcome = await whileLeased(deps, task, () => deps.store.move(task, event, to, change));
  if (!outcome.isWritten) await settleOvertaken(deps, task, outcome.current);
  return outcome.isWritten;
}

/** The row says that something came between: a stop, which this run now completes, or another run. */
async function settleOvertaken(
  deps: RunDependencies,
  task: TaskIn<'Running' | 'Stopping'>,
  current: Task | undefined,
): Promise<void> {
  if (task.status === 'Running' && current?.status === 'Stopping' && current.runId === task.runId) {
    await leaveRun(deps, current, 'stopped', { error: undefined });
  } else {
    deps.log.superseded(task, current);
  }
}

async function placed(deps: RunDependencies, task: RunningTask, text: string): Promise<StoredText> {
  if (byteLength(text) <= INLINE_RESULT_MAX_BYTES) return { text };
  const { functionName, taskId, runId } = task;
  const objectKey = `${OBJECT_PREFIXES.result}${functionName}/${taskId}/${runId}`;
  await deps.payloads.put(objectKey, text);
  return { objectKey };
}

/** Repeats a call that AWS did not take for as long as this run may live: the work is done, its record must not be lost. */
async function whileLeased<T extends WriteOutcome | StoredText>(
  { clock, pause }: RunDependencies,
  { leaseUntil }: Pick<RunningTask, 'leaseUntil'>,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (clock() + REWRITE_PAUSE_MS > leaseUntil) throw error;
      await pause(REWRITE_PAUSE_MS);
    }
  }
}
