import { isInGroup, type StatusGroup, type StatusIn } from './lifecycle.ts';
import type { Task, TaskIn } from './task.ts';

/** A task in any status of a group. */
export type TaskInGroup<G extends StatusGroup> = TaskIn<StatusIn<G>>;

/** Tells whether a task is in a group, and narrows it to the fields that the group's statuses have. */
export function isTaskIn<G extends StatusGroup>(task: Task, group: G): task is TaskInGroup<G> & Task {
  return isInGroup(task.status, group);
}
