import type { WriteOutcome } from '../aws/task-rows.ts';
import type { Change, TaskStore } from '../aws/task-store.ts';
import { TaskModeError } from '../domain/errors.ts';
import { isStopRequested, targetsOf } from '../domain/lifecycle.ts';
import { expiresAtOfEnd, type Task, type TaskKey } from '../domain/task.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';
import { taskNotFound } from './get-task.ts';
import { type HandOverDependencies, handOver } from './hand-over.ts';

export interface StopDependencies extends FindFunctionDependencies, HandOverDependencies {
  readonly storeFor: (shardCount: number) => TaskStore;
}

/** How often a stop follows a task that moves under it. A task has few moves left by then. */
const MAX_TRIES = 5;

/**
 * Asks a task to stop. One that has not started is Stopped at once and never runs; one that runs becomes Stopping.
 * Asking again changes nothing.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`, `AsyncTaskFinished` when it ended otherwise.
 */
export async function stopTask(deps: StopDependencies, key: TaskKey): Promise<void> {
  const { shardCount } = await knownFunction(deps, key.functionName);
  const store = deps.storeFor(shardCount);
  const task = await store.get(key, deps.clock());
  if (!task) throw taskNotFound(key);
  await stopFrom(deps, store, task);
}

export interface StopFromDependencies extends HandOverDependencies {
  readonly clock: () => number;
}

export interface StopOptions {
  /** What the task's event says of this stop, as JSON text. */
  readonly eventDetail?: string;
  /** Tells of a task that has moved meanwhile whether it is still to be stopped. */
  readonly isMeant?: (task: Task) => boolean;
}

/**
 * Asks a task to stop that was read before, and follows it where it moves. Not written is what was stopped already, or is
 * no longer to be stopped.
 * @throws TaskModeError as `stopTask`
 */
export async function stopFrom(
  deps: StopFromDependencies,
  store: TaskStore,
  task: Task,
  { eventDetail, isMeant = () => true }: StopOptions = {},
): Promise<WriteOutcome> {
  let current: Task | undefined = task;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (!current) throw taskNotFound(task);
    if (isStopRequested(current.status) || !isMeant(current)) {
      return { isWritten: false, current };
    }
    const outcome: WriteOutcome = await stopAsRead(store, current, { now: deps.clock(), eventDetail });
    if (outcome.isWritten) {
      await handOver(deps, outcome.task);
      return outcome;
    }
    current = outcome.current;
  }
  throw new TaskModeError('ServiceUnavailable', `task "${task.taskId}" keeps changing. Please retry.`);
}

function stopAsRead(store: TaskStore, task: Task, change: Pick<Change, 'now' | 'eventDetail'>) {
  const [to] = targetsOf(task.status, 'stop');
  if (to === undefined) {
    throw new TaskModeError(
      'AsyncTaskFinished',
      `task "${task.taskId}" of function "${task.functionName}" has ended already, with status ${task.status}`,
    );
  }
  const { now } = change;
  const fields = to === 'Stopped' ? { endTime: now, expiresAt: expiresAtOfEnd(now) } : {};
  return store.move(task, 'stop', to, { ...change, fields });
}
