import type { AsyncMetricName } from '../lambdas/domain/async-metrics.ts';
import type { TaskStatus } from '../lambdas/domain/lifecycle.ts';
import type { LogLevel, TaskLogLine } from '../lambdas/domain/log-line.ts';

/** The API's objects as they come over the wire (FC contract section 5); what is ours is marked. */

export interface AsyncTask {
  readonly taskId: string;
  readonly functionArn: string;
  readonly qualifier: string;
  readonly status: TaskStatus;
  readonly requestId: string;
  readonly instanceId?: string;
  /** When it was submitted, in epoch milliseconds. */
  readonly startedTime: number;
  /** 0 while unfinished. */
  readonly endTime: number;
  /** Run time of the last attempt. */
  readonly durationMs?: number;
  readonly alreadyRetriedTimes: number;
  readonly destinationStatus: 'Succeeded' | 'Stopped';
  readonly taskErrorMessage?: string;
  /** JSON text. */
  readonly taskPayload?: string;
  /** JSON text. */
  readonly returnPayload?: string;
  readonly events: readonly AsyncTaskEvent[];
  /** Ours: whether the destination of this end is told. */
  readonly destination?: TaskDelivery;
}

export interface AsyncTaskEvent {
  readonly eventId: number;
  readonly status: TaskStatus;
  readonly timestamp: number;
  /** JSON text. */
  readonly eventDetail?: string;
  /** Ours: where a run was that ended without success. */
  readonly instanceId?: string;
}

export interface TaskDelivery {
  /** An ARN, or a URL in which `…` replaces what may be a token. */
  readonly destination: string;
  readonly state: 'Pending' | 'Delivered' | 'Failed';
  readonly attempts: number;
  readonly lastError?: string;
}

export interface TaskPage {
  readonly tasks: readonly AsyncTask[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface TaskFilter {
  readonly status?: TaskStatus;
  /** The beginning of the task id. */
  readonly prefix?: string;
  /** Bounds of the submit time in epoch milliseconds, inclusive. */
  readonly startedTimeBegin?: number;
  readonly startedTimeEnd?: number;
  /** By submit time. An `asc` list ends 10 s before now, so that following its tail misses no task. @default desc */
  readonly sortOrderByTime?: 'asc' | 'desc';
  /** Tasks of one page, 1 to 100. @default 20 */
  readonly limit?: number;
  /** Whether tasks come with payload and result. @default false */
  readonly includePayload?: boolean;
}

export interface AsyncInvokeConfig {
  readonly functionArn: string;
  readonly asyncTask: boolean;
  readonly maxAsyncEventAgeInSeconds: number;
  readonly maxAsyncRetryAttempts: number;
  readonly destinationConfig?: DestinationConfig;
  readonly createdTime?: string;
  readonly lastModifiedTime?: string;
}

/** ARNs, or URLs. In answers `…` replaces what may be a token of a URL; such an address in a Put means "as it is". */
export interface DestinationConfig {
  readonly onSuccess?: { readonly destination: string };
  readonly onFailure?: { readonly destination: string };
}

/** What a Put changes: what it does not name stays, and an empty destination is nobody. */
export type AsyncInvokeConfigChange = Partial<
  Pick<
    AsyncInvokeConfig,
    'asyncTask' | 'maxAsyncEventAgeInSeconds' | 'maxAsyncRetryAttempts' | 'destinationConfig'
  >
>;

export interface ConcurrencyConfig {
  readonly functionArn: string;
  /** How many tasks of the function are to run at once. */
  readonly reservedConcurrency: number;
  /** Ours: how many the event source lets run now. */
  readonly currentConcurrency?: number;
}

export interface ConfigPage<T> {
  readonly configs: readonly T[];
  readonly nextToken?: string;
}

export type { AsyncMetricName };

export interface MetricsFilter {
  /** In epoch milliseconds. @default - the last three hours */
  readonly startTime?: number;
  readonly endTime?: number;
  /** Seconds, a multiple of 60. @default - as fits a chart */
  readonly period?: number;
  /** @default - all */
  readonly metrics?: readonly AsyncMetricName[];
}

/** Of one metric its statistics, each a list beside the timestamps: null where nothing was measured. */
export interface MetricSeries {
  readonly unit: 'Count' | 'Milliseconds';
  readonly sum?: readonly (number | null)[];
  readonly average?: readonly (number | null)[];
  readonly maximum?: readonly (number | null)[];
  readonly count?: readonly (number | null)[];
  readonly p50?: readonly (number | null)[];
  readonly p99?: readonly (number | null)[];
}

/** Ours: what was measured of a function, and how its alarms stand. */
export interface AsyncMetrics {
  readonly functionName: string;
  readonly startTime: number;
  readonly endTime: number;
  /** Seconds. */
  readonly period: number;
  /** When each period begins. */
  readonly timestamps: readonly number[];
  readonly metrics: Readonly<Partial<Record<AsyncMetricName, MetricSeries>>>;
  readonly alarms: readonly TaskAlarm[];
}

export interface TaskAlarm {
  readonly alarmName: string;
  readonly name: string;
  readonly severity: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  readonly since?: number;
}

/** Ours: a function that takes tasks. */
export interface FunctionSummary {
  readonly functionName: string;
  readonly functionArn: string;
  readonly asyncTask: boolean;
  readonly tasksAtOnce: number;
  /** How many tasks have each status but Succeeded, which is not counted. */
  readonly counts: Readonly<Partial<Record<TaskStatus, number>>>;
  /** Of these statuses there may be more. */
  readonly countsAtLeast: readonly TaskStatus[];
  readonly queue?: QueueCounts;
}

/** About how many messages a function's queue holds. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed?: number;
}

/** Ours: why a task does not run yet, or how it runs or ended. */
export interface TaskExplanation {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** Such as `Delayed`, `ConcurrencyFull` or `Queued`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
  /** When that changes, where it is known. */
  readonly until?: number;
  readonly running?: TaskCount;
  readonly ahead?: TaskCount;
  readonly queue?: QueueCounts;
}

export interface TaskCount {
  readonly count: number;
  /** There may be more. */
  readonly isAtLeast?: boolean;
}

export type { LogLevel, TaskLogLine };

export interface LogFilter {
  /** Only this attempt, of the series that runs or ran last. */
  readonly attempt?: number;
  /** Leaves out what is older, in epoch milliseconds. */
  readonly startTime?: number;
  /** The most that a page has: 1 to 1,000. */
  readonly limit?: number;
}

/** Ours: a page of what a task has logged. */
export interface TaskLogPage {
  /** The oldest first. */
  readonly logs: readonly TaskLogLine[];
  /** These are the last that there are now; where there is a token, others may still come. */
  readonly isUpToDate: boolean;
  /** Absent when no others will come. */
  readonly nextToken?: string;
}
