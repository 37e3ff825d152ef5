import type { TaskStore } from '../aws/task-store.ts';
import { allows, type SourceOf } from '../domain/lifecycle.ts';
import { expiresAtOfEnd, type Task, type TaskIn } from '../domain/task.ts';
import { isTaskIn, type TaskInGroup } from '../domain/task-group.ts';
import { type HandOverDependencies, handOver } from './hand-over.ts';

export interface EndWaitingDependencies extends HandOverDependencies {
  readonly store: TaskStore;
}

/** Tells whether a task is to start: for the first time, or again. */
export function isWaiting(task: Task): task is TaskInGroup<'waiting'> & Task {
  return isTaskIn(task, 'waiting');
}

/** Ends a task that was not started in time; tells whether it was still the one to do so. */
export async function expireTask(
  deps: EndWaitingDependencies,
  task: TaskIn<SourceOf<'expire'>>,
  now: number,
): Promise<boolean> {
  const outcome = await deps.store.move(task, 'expire', 'Expired', { now, fields: endFields(now) });
  if (outcome.isWritten) await handOver(deps, outcome.task);
  return outcome.isWritten;
}

/** Ends a task that waits for a function which is removed; tells whether it was still the one to do so. */
export async function invalidateTask(
  deps: EndWaitingDependencies,
  task: TaskInGroup<'waiting'>,
  now: number,
): Promise<boolean> {
  const outcome = await deps.store.move(task, 'invalidate', 'Invalid', { now, fields: endFields(now) });
  if (outcome.isWritten) await handOver(deps, outcome.task);
  return outcome.isWritten;
}

/** Tells whether a task that has not started may no longer do so. One that is between attempts never expires. */
export function isOverdue(task: TaskInGroup<'waiting'>, now: number): task is TaskIn<SourceOf<'expire'>> {
  return allows(task.status, 'expire') && now > task.startDeadline;
}

function endFields(now: number) {
  return { endTime: now, expiresAt: expiresAtOfEnd(now) };
}
