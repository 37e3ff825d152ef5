import { TASK_STATUSES, type TaskStatus } from './lifecycle.ts';
import { METRIC_POINTS_MAX, METRIC_RETENTION_DAYS } from './limits.ts';
import {
  FUNCTION_DIMENSION,
  type FunctionMetricName,
  METRIC_NAMESPACE,
  SERVICE_DIMENSION,
  statusMetric,
  unitOf,
} from './metrics.ts';

/** What is asked of the values of a period, as CloudWatch calls it. */
export type MetricStatistic = 'Sum' | 'Average' | 'Maximum' | 'SampleCount' | 'p50' | 'p99';

interface MetricSource {
  /** Whose metric it is, and so how it is told apart from those of other functions. */
  readonly of: 'function' | 'queue' | 'worker';
  readonly metricName: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly statistics: readonly MetricStatistic[];
}

const own = (metricName: FunctionMetricName, ...statistics: MetricStatistic[]): MetricSource => ({
  of: 'function',
  metricName,
  unit: unitOf(metricName),
  statistics,
});

const ofQueue = (metricName: string): MetricSource => ({
  of: 'queue',
  metricName,
  unit: 'Count',
  statistics: ['Maximum'],
});

const STATUS_SOURCES = Object.fromEntries(
  TASK_STATUSES.map((status) => [status.toLowerCase(), own(statusMetric(status), 'Sum')]),
) as Readonly<Record<Lowercase<TaskStatus>, MetricSource>>;

/** What consumers are told of a function, by the names under which they are. */
const SOURCES = {
  ...STATUS_SOURCES,
  queueWait: own('QueueWait', 'Average', 'p50', 'p99', 'Maximum'),
  runDuration: own('RunDuration', 'Average', 'p50', 'p99', 'Maximum'),
  coldStart: own('ColdStartDuration', 'SampleCount', 'Average', 'Maximum'),
  stopLatency: own('StopLatency', 'Average', 'Maximum'),
  destinationDelivered: own('DestinationDeliveredCount', 'Sum'),
  destinationErrors: own('DestinationErrorCount', 'Sum'),
  destinationGivenUp: own('DestinationGivenUpCount', 'Sum'),
  // SQS knows only how old its messages are, and a task that waits has a fresh one from time to time.
  ageOfOldest: own('BacklogAge', 'Maximum'),
  backlog: ofQueue('ApproximateNumberOfMessagesVisible'),
  inFlight: ofQueue('ApproximateNumberOfMessagesNotVisible'),
  delayed: ofQueue('ApproximateNumberOfMessagesDelayed'),
  instances: {
    of: 'worker',
    metricName: 'ConcurrentExecutions',
    unit: 'Count',
    statistics: ['Maximum'],
  },
  throttles: { of: 'worker', metricName: 'Throttles', unit: 'Count', statistics: ['Sum'] },
} as const satisfies Readonly<Record<string, MetricSource>>;

export type AsyncMetricName = keyof typeof SOURCES;

export const ASYNC_METRIC_NAMES = Object.keys(SOURCES) as readonly AsyncMetricName[];

export function isAsyncMetricName(name: unknown): name is AsyncMetricName {
  return typeof name === 'string' && Object.hasOwn(SOURCES, name);
}

export function unitOfMetric(name: AsyncMetricName): MetricSource['unit'] {
  return SOURCES[name].unit;
}

/** By what the metrics of a function are told apart from those of others. */
export interface MetricSubject {
  readonly service: string;
  readonly functionName: string;
  readonly queueName: string;
  readonly workerName: string;
}

/** One statistic of one metric, as CloudWatch is asked for it. */
export interface MetricQuery {
  readonly name: AsyncMetricName;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: MetricStatistic;
}

/** What CloudWatch is to be asked for some metrics of a function. */
export function metricQueries(names: readonly AsyncMetricName[], subject: MetricSubject): MetricQuery[] {
  return names.flatMap((name) => {
    const { of, metricName, statistics }: MetricSource = SOURCES[name];
    return statistics.map((statistic) => ({ name, metricName, statistic, ...placeOf(of, subject) }));
  });
}

function placeOf(of: MetricSource['of'], { service, functionName, queueName, workerName }: MetricSubject) {
  const places = {
    function: {
      namespace: METRIC_NAMESPACE,
      dimensions: { [SERVICE_DIMENSION]: service, [FUNCTION_DIMENSION]: functionName },
    },
    queue: { namespace: 'AWS/SQS', dimensions: { QueueName: queueName } },
    worker: { namespace: 'AWS/Lambda', dimensions: { FunctionName: workerName } },
  };
  return places[of];
}

/** Values by the start of their period, in epoch milliseconds. */
export type MetricPoints = ReadonlyMap<number, number>;

/** From when to when, divided into periods: both ends are the beginning of one. Milliseconds. */
export interface MetricWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly periodMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** CloudWatch keeps fine periods for a shorter time than coarse ones. */
const KEPT = [
  { periodMs: MINUTE_MS, days: METRIC_RETENTION_DAYS.minutes },
  { periodMs: 5 * MINUTE_MS, days: METRIC_RETENTION_DAYS.fiveMinutes },
  { periodMs: 60 * MINUTE_MS, days: METRIC_RETENTION_DAYS.hours },
] as const;

/** Of what a period must be a multiple for CloudWatch to know it of a time so long ago; undefined when it is forgotten. */
export function finestPeriodMs(ageMs: number): number | undefined {
  return KEPT.find(({ days }) => ageMs <= days * DAY_MS)?.periodMs;
}

/** Periods that charts are read in, finest first. */
const PERIODS_MS = [1, 5, 15, 60, 360, 1440].map((minutes) => minutes * MINUTE_MS);

/** About as many points as a chart shows. */
const CHART_POINTS = 180;

/** The finest period that gives a chart's worth of points, and that CloudWatch still knows. */
export function defaultPeriodMs(lengthMs: number, ageMs: number): number {
  const finest = finestPeriodMs(ageMs) ?? DAY_MS;
  const isFit = (periodMs: number) => periodMs >= finest && lengthMs <= CHART_POINTS * periodMs;
  return PERIODS_MS.find(isFit) ?? DAY_MS;
}

/** The whole periods that a time lies in. */
export function metricWindow(startMs: number, endMs: number, periodMs: number): MetricWindow {
  return {
    startMs: Math.floor(startMs / periodMs) * periodMs,
    endMs: Math.ceil(endMs / periodMs) * periodMs,
    periodMs,
  };
}

export function isTooFine({ startMs, endMs, periodMs }: MetricWindow): boolean {
  return (endMs - startMs) / periodMs > METRIC_POINTS_MAX;
}

/** The beginnings of a window's periods. */
export function periodsOf({ startMs, endMs, periodMs }: MetricWindow): number[] {
  return Array.from({ length: (endMs - startMs) / periodMs }, (_, index) => startMs + index * periodMs);
}
