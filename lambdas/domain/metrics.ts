import type { TaskStatus } from './lifecycle.ts';
import type { SweepFinding } from './sweep-finding.ts';
import type { Task } from './task.ts';
import { isTaskIn, type TaskInGroup } from './task-group.ts';

/** Where CloudWatch keeps them: one namespace for all. */
export const METRIC_NAMESPACE = 'TaskMode';

/** Tells deployments apart, which may have functions of the same name. */
export const SERVICE_DIMENSION = 'service';

/** By the name that callers use. Metrics of the whole deployment have none. */
export const FUNCTION_DIMENSION = 'functionName';

/** How often tasks entered a status: one for each event in their histories, whoever made it. */
export type StatusMetric = `${TaskStatus}Count`;

export type SweepMetric = `Swept${Capitalize<SweepFinding>}Count`;

/** Of one function, beside how often its tasks entered each status. */
export type FunctionMetric =
  | 'QueueWait'
  | 'RunDuration'
  | 'ColdStartDuration'
  | 'StopLatency'
  | 'BacklogAge'
  | 'DestinationDeliveredCount'
  | 'DestinationErrorCount'
  | 'DestinationGivenUpCount';

/** Of the whole deployment: the sweep's, and what concerns callers and not functions. */
export type SharedMetric =
  | 'SweepRunCount'
  | 'SweepFailureCount'
  | 'RateLimitedCount'
  | 'DroppedMessageCount'
  | SweepMetric;

/** All that are told apart by function. */
export type FunctionMetricName = StatusMetric | FunctionMetric;

export type MetricName = FunctionMetricName | SharedMetric;

export function statusMetric<S extends TaskStatus>(status: S): `${S}Count` {
  return `${status}Count`;
}

export function sweepMetric(finding: SweepFinding): SweepMetric {
  return `Swept${finding.charAt(0).toUpperCase()}${finding.slice(1)}Count` as SweepMetric;
}

/** What a metric is measured in: its name says it. */
export function unitOf(name: string): 'Count' | 'Milliseconds' {
  return name.endsWith('Count') ? 'Count' : 'Milliseconds';
}

/** Values of one instant, by metric. */
export type MetricValues = Partial<Readonly<Record<MetricName, number>>>;

/** Of the write that creates a task. */
export const CREATED: MetricValues = { EnqueuedCount: 1 };

/**
 * What is to be counted of a write that moved a task, as it was read, to a status. The start of a run counts with its
 * end, by whoever writes that: so a run costs one line, and one whose process died is counted by who finds it.
 */
export function metricsOfMove(before: Task, to: TaskStatus, now: number): MetricValues {
  const entered = { [statusMetric(to)]: 1, ...(to === 'Succeeded' && { FailedCount: 0 }) };
  if (isTaskIn(before, 'running') && to !== 'Stopping') return { ...entered, ...metricsOfRun(before, now) };
  return before.status === 'Processed' ? { ...entered, ProcessedCount: 1 } : entered;
}

type RunTask = TaskInGroup<'running'>;

function metricsOfRun(task: RunTask, now: number): MetricValues {
  const { events, notBefore, startTime, leaseUntil } = task;
  const started = events.findLastIndex(({ status }) => status === 'Running');
  const isFirst = events[started - 1]?.status === 'Processed';
  const stopTime = events.findLast(({ status }) => status === 'Stopping')?.timestamp;
  return {
    RunningCount: 1,
    ...(isFirst && { ProcessedCount: 1, QueueWait: Math.max(startTime - notBefore, 0) }),
    ...(now <= leaseUntil && { RunDuration: Math.max(now - startTime, 0) }),
    ...(task.status === 'Stopping' && { StopLatency: Math.max(now - (stopTime ?? now), 0) }),
  };
}

/** An attempt of an invocation that has no record. */
export interface InvocationAttempt {
  readonly attempt: number;
  readonly dueTime: number;
  readonly startTime: number;
}

/** What is to be counted of an attempt that has no record: as of a task's, for whoever watches a function. */
export function metricsOfInvocation(
  { attempt, dueTime, startTime }: InvocationAttempt,
  to: 'Succeeded' | 'Failed' | 'Retrying',
  now: number,
): MetricValues {
  return {
    [statusMetric(to)]: 1,
    ...(to === 'Succeeded' && { FailedCount: 0 }),
    RunningCount: 1,
    ...(attempt === 1 && { ProcessedCount: 1, QueueWait: Math.max(startTime - dueTime, 0) }),
    RunDuration: Math.max(now - startTime, 0),
  };
}

export interface MetricLine {
  readonly service: string;
  readonly functionName: string | undefined;
  readonly time: number;
  readonly values: MetricValues;
}

/**
 * Writes values as a line of CloudWatch's embedded metric format, the very one that Powertools for AWS writes. Ours takes
 * 1.6 µs where Powertools takes 12, and no variable of a user's own Powertools in the same process turns it off.
 */
export function metricLine({ service, functionName, time, values }: MetricLine): string {
  const dimensions = {
    [SERVICE_DIMENSION]: service,
    ...(functionName && { [FUNCTION_DIMENSION]: functionName }),
  };
  const Metrics = Object.keys(values).map((name) => ({ Name: name, Unit: unitOf(name) }));
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [Object.keys(dimensions)], Metrics };
  return JSON.stringify({
    _aws: { Timestamp: time, CloudWatchMetrics: [directive] },
    ...dimensions,
    ...values,
  });
}
