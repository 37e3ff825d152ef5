import type { Waiters } from '../aws/waiters.ts';
import { TaskModeError } from '../domain/errors.ts';
import { isAnswerPending, isFollowUpPending } from '../domain/follow-up.ts';
import { isTerminal } from '../domain/lifecycle.ts';
import { resultOwner, startDeadlineOf, type Task, type UnfinishedTask } from '../domain/task.ts';
import { lateAnswerTo, type Waiter } from '../domain/waiter.ts';
import { readText } from './get-task.ts';
import { type RedriveDependencies, redriveTask } from './redrive-task.ts';
import { type SubmitDependencies, type SubmitRequest, submitTask } from './submit-task.ts';

export interface AttachRequest extends SubmitRequest {
  readonly taskId: string;
  readonly waiter: Waiter;
}

export interface AttachDependencies extends SubmitDependencies, RedriveDependencies {
  readonly waiters: Waiters;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Together some 10 s: how long a task that has just ended may take until its first waiter is answered. */
const MAX_TRIES = 20;
const PAUSE_MS = 500;

/**
 * Has a state of a workflow wait for a task, which is submitted if there is none of this id. A state that is tried again
 * gets the task that it has: while it has not ended the new token replaces the old; one that succeeded answers at once;
 * any other is run again, in the same write, and so is one that is about to stop.
 * @throws TaskModeError as submit does, and `TaskAlreadyAwaited` when another state waits for it; `RedriveNotAllowed`.
 */
export async function attachTask(deps: AttachDependencies, request: AttachRequest): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { existing } = await submitTask(deps, { ...request, onDuplicate: 'return' });
    if (!existing) return;
    const task = await deps.storeFor(1).get(request, deps.clock());
    if (task && (await isAttached(deps, task, request))) return;
    await deps.pause(PAUSE_MS);
  }
  throw new TaskModeError('ServiceUnavailable', `task "${request.taskId}" keeps changing. Please retry.`);
}

async function isAttached(deps: AttachDependencies, task: Task, { waiter }: AttachRequest): Promise<boolean> {
  // Step Functions repeats an invocation that it has no answer of.
  if (task.waiter?.token === waiter.token) return true;
  if (!isEnded(task)) return takesOver(deps, task, waiter);
  if (task.status === 'Succeeded') {
    const resultText = await readText(deps.payloads, task.result, resultOwner(task));
    await deps.waiters.answer(waiter.token, lateAnswerTo(waiter, task, resultText));
    return true;
  }
  // Its first waiter is to hear of this end before there is another. Its destination hears of it whenever it can.
  if (isFollowUpPending(task) && isAnswerPending(task)) return false;
  await redriveTask(deps, task, waiter);
  return true;
}

async function takesOver(deps: AttachDependencies, task: UnfinishedTask, waiter: Waiter): Promise<boolean> {
  if (task.waiter && (await deps.waiters.heartbeat(task.waiter.token))) {
    throw new TaskModeError(
      'TaskAlreadyAwaited',
      `task "${task.taskId}" of function "${task.functionName}" is awaited by another state: give each its own taskId`,
    );
  }
  // It is not the attempt of this waiter that was asked to stop: that runs when the code of the one before has ended.
  if (task.status === 'Stopping') return false;
  const startDeadline = startDeadlineOf(task.dueTime, task.config, waiter);
  return deps.storeFor(1).attach(task, { waiter, startDeadline });
}

function isEnded(task: Task): task is Exclude<Task, UnfinishedTask> {
  return isTerminal(task.status);
}
