import type { TaskStore } from '../aws/task-store.ts';
import { INDEX_STATES, type WaitingStatus } from '../domain/lifecycle.ts';
import { expiresAtOfEnd, type Task, type TaskIn } from '../domain/task.ts';
import { type HandOverDependencies, handOver } from './hand-over.ts';

export interface EndWaitingDependencies extends HandOverDependencies {
  readonly store: TaskStore;
}

/** Tells whether a task is to start: for the first time, or again. */
export function isWaiting(task: Task): task is TaskIn<WaitingStatus> & Task {
  return INDEX_STATES[task.status] === 'waiting';
}

/** Ends a task that was not started in time; tells whether it was still the one to do so. */
export async function expireTask(
  deps: EndWaitingDependencies,
  task: TaskIn<'Enqueued' | 'Processed'>,
  now: number,
): Promise<boolean> {
  const outcome = await deps.store.move(task, 'expire', 'Expired', { now, fields: endFields(now) });
  if (outcome.isWritten) await handOver(deps, outcome.task);
  return outcome.isWritten;
}

/** Ends a task that waits for a function which is removed; tells whether it was still the one to do so. */
export async function invalidateTask(
  deps: EndWaitingDependencies,
  task: TaskIn<WaitingStatus>,
  now: number,
): Promise<boolean> {
  const outcome = await deps.store.move(task, 'invalidate', 'Invalid', { now, fields: endFields(now) });
  if (outcome.isWritten) await handOver(deps, outcome.task);
  return outcome.isWritten;
}

/** Tells whether a task that has not started may no longer do so. One that is between attempts never expires. */
export function isOverdue(
  task: TaskIn<WaitingStatus>,
  now: number,
): task is TaskIn<'Enqueued' | 'Processed'> {
  return task.status !== 'Retrying' && now > task.startDeadline;
}

function endFields(now: number) {
  return { endTime: now, expiresAt: expiresAtOfEnd(now) };
}
