import {
  isTerminal,
  LIFECYCLE,
  TASK_EVENTS,
  type TaskStatus,
  targetsOf,
} from '../../lambdas/domain/lifecycle.ts';
import { handBackDetailOf, type TaskEventRecord } from '../../lambdas/domain/task.ts';

/** Every step that the lifecycle allows, by the statuses that it leads from and to. */
const STEPS = new Set(
  (Object.keys(LIFECYCLE) as TaskStatus[]).flatMap((from) =>
    TASK_EVENTS.flatMap((event) => targetsOf(from, event).map((to) => `${from} -> ${to}`)),
  ),
);

/** The statuses that a task went through: an event that stands for runs which were handed back is all of their steps. */
export function statusesIn(events: readonly TaskEventRecord[]): TaskStatus[] {
  return events.flatMap((event) => {
    const { handBacks } = handBackDetailOf(event) ?? {};
    if (handBacks === undefined) return [event.status];
    const steps: TaskStatus[] =
      event.status === 'Enqueued' ? ['Processed', 'Running', 'Enqueued'] : ['Running', 'Retrying'];
    return Array.from({ length: handBacks }, () => steps).flat();
  });
}

/** The steps of a history that the lifecycle does not allow; none for a legal one. */
export function illegalSteps(statuses: readonly TaskStatus[]): string[] {
  const steps = statuses.slice(1).map((to, index) => `${statuses[index]} -> ${to}`);
  const first = statuses[0] === 'Enqueued' ? [] : [`begins with ${statuses[0]}`];
  return [...first, ...steps.filter((step) => !STEPS.has(step))];
}

/** How often a history ended without being redriven since: once at the most. */
export function endings(statuses: readonly TaskStatus[]): number {
  return (
    statuses.filter(isTerminal).length -
    statuses.slice(1).filter((status, index) => {
      const before = statuses[index];
      return status === 'Enqueued' && before !== undefined && isTerminal(before);
    }).length
  );
}
