import { TASK_STATUSES, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { type MetricName, type MetricValues, statusMetric } from '../../lambdas/domain/metrics.ts';
import type { Task } from '../../lambdas/domain/task.ts';
import { statusesIn } from './history.ts';

/** What was counted, as CloudWatch would sum it up. */
export class MetricCounts {
  #values: { readonly functionName: string; readonly name: string; readonly value: number }[] = [];

  count = (functionName: string, values: MetricValues): void => {
    for (const [name, value] of Object.entries(values)) this.#values.push({ functionName, name, value });
  };

  valuesOf(functionName: string, name: MetricName): number[] {
    return this.#values
      .filter((each) => each.functionName === functionName && each.name === name)
      .map(({ value }) => value);
  }

  byStatus(functionName: string): Record<TaskStatus, number> {
    const sum = (name: MetricName) =>
      this.valuesOf(functionName, name).reduce((total, value) => total + value, 0);
    return fromStatuses((status) => sum(statusMetric(status)));
  }

  clear(): void {
    this.#values = [];
  }
}

/** What must have been counted of tasks: each event once, but for the start of a run that goes on. */
export function countedIn(tasks: readonly Task[]): Record<TaskStatus, number> {
  const entered = tasks.flatMap(countedEvents);
  return fromStatuses((wanted) => entered.filter((status) => status === wanted).length);
}

function countedEvents({ status, events }: Task): TaskStatus[] {
  const statuses = statusesIn(events);
  if (status === 'Processed') return statuses.slice(0, -1);
  if (status !== 'Running' && status !== 'Stopping') return statuses;
  const started = statuses.lastIndexOf('Running');
  const isFirst = statuses[started - 1] === 'Processed';
  return [...statuses.slice(0, isFirst ? started - 1 : started), ...statuses.slice(started + 1)];
}

function fromStatuses(count: (status: TaskStatus) => number): Record<TaskStatus, number> {
  const entries = TASK_STATUSES.map((status) => [status, count(status)]);
  return Object.fromEntries(entries) as Record<TaskStatus, number>;
}
