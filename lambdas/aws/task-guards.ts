import type { TaskStatus, TerminalStatus } from '../domain/lifecycle.ts';
import type { Task } from '../domain/task.ts';
import { isTaskIn } from '../domain/task-group.ts';
import { type Item, toAttributes } from './task-item.ts';
import type { Update } from './update-expression.ts';

/** Returns the version of a row; rows of an earlier form have none, and count as 0. */
export function versionOf({ version = 0 }: Pick<Task, 'version'>): number {
  return version;
}

/**
 * Lets an update through only if the row is still the task that was read: nothing has moved it and no workflow has begun to
 * wait for it since. A run compares its own id; its role may not name the submission's.
 */
export function asRead(update: Update, task: Task, isOfRun: boolean): Update {
  return update.whenSame({
    version: task.version ?? null,
    runId: runIdOf(task),
    ...(!isOfRun && { submissionId: task.submissionId }),
  });
}

function runIdOf(task: Task): string | undefined {
  return isTaskIn(task, 'running') ? task.runId : undefined;
}

export function listed(statuses: readonly TaskStatus[]): string {
  return statuses.map((status) => `:${status}`).join(', ');
}

export function statusValues(statuses: readonly (TaskStatus | TerminalStatus)[]): Item {
  return toAttributes(Object.fromEntries(statuses.map((status) => [`:${status}`, status])));
}
