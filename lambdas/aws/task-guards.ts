import type { TaskStatus, TerminalStatus } from '../domain/lifecycle.ts';
import type { Task } from '../domain/task.ts';
import { type Item, toAttributes } from './task-item.ts';
import type { Update } from './update-expression.ts';

/** Lets an update through only if the row is the task as it was read: the same submission, series, run and history. */
export function asRead(update: Update, task: Task): Update {
  return (
    update
      // Every move adds an event, so the history's length tells whether the row is still as it was read.
      .whenSize('events', task.events.length)
      .whenSame({
        submissionId: task.submissionId,
        series: task.series,
        runId: runIdOf(task),
        droppedEvents: task.droppedEvents,
      })
  );
}

/**
 * Tells whether nothing but this kept a write from its row: a workflow began to wait for the task since it was read. Its
 * end is to be marked, so the write is made anew.
 */
export function isAwaitedSince(read: Task, current: Task | undefined): current is Task {
  return (
    current?.waiter !== undefined &&
    read.waiter === undefined &&
    current.status === read.status &&
    current.events.length === read.events.length &&
    current.submissionId === read.submissionId &&
    current.series === read.series &&
    runIdOf(current) === runIdOf(read)
  );
}

function runIdOf(task: Task): string | undefined {
  return task.status === 'Running' || task.status === 'Stopping' ? task.runId : undefined;
}

export function listed(statuses: readonly TaskStatus[]): string {
  return statuses.map((status) => `:${status}`).join(', ');
}

export function statusValues(statuses: readonly (TaskStatus | TerminalStatus)[]): Item {
  return toAttributes(Object.fromEntries(statuses.map((status) => [`:${status}`, status])));
}
