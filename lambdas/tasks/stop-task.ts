import type { TaskStore } from '../aws/task-store.ts';
import { TaskModeError } from '../domain/errors.ts';
import { targetsOf } from '../domain/lifecycle.ts';
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
  let current = await store.get(key, deps.clock());
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (!current) throw taskNotFound(key);
    if (current.status === 'Stopping' || current.status === 'Stopped') return;
    const outcome = await stopAsRead(store, current, deps.clock());
    if (outcome.isWritten) return handOver(deps, outcome.task);
    current = outcome.current;
  }
  throw new TaskModeError('ServiceUnavailable', `task "${key.taskId}" keeps changing. Please retry.`);
}

function stopAsRead(store: TaskStore, task: Task, now: number) {
  const [to] = targetsOf(task.status, 'stop');
  if (to === undefined) {
    throw new TaskModeError(
      'AsyncTaskFinished',
      `task "${task.taskId}" of function "${task.functionName}" has ended already, with status ${task.status}`,
    );
  }
  const fields = to === 'Stopped' ? { endTime: now, expiresAt: expiresAtOfEnd(now) } : {};
  return store.move(task, 'stop', to, { now, fields });
}
