import type { AlarmStanding, MetricReader } from '../aws/metric-reader.ts';
import { type AlarmNameParts, alarmNamesOf } from '../domain/alarm-name.ts';
import {
  type AsyncMetricName,
  type MetricPoints,
  type MetricQuery,
  type MetricWindow,
  metricQueries,
} from '../domain/async-metrics.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';

export interface MetricDependencies extends FindFunctionDependencies {
  readonly metrics: MetricReader;
  /** The deployment's name in its metrics and alarms. */
  readonly service: string;
}

export interface MetricsRequest {
  readonly functionName: string;
  readonly window: MetricWindow;
  readonly names: readonly AsyncMetricName[];
}

export interface FunctionMetrics {
  readonly functionName: string;
  readonly window: MetricWindow;
  readonly series: readonly (MetricQuery & { readonly points: MetricPoints })[];
  readonly alarms: readonly (AlarmStanding & AlarmNameParts)[];
}

/**
 * Tells what was measured of a function, also after it was removed, and how its alarms stand.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function getAsyncMetrics(
  deps: MetricDependencies,
  { functionName, window, names }: MetricsRequest,
): Promise<FunctionMetrics> {
  const { metrics, service } = deps;
  const { queueUrl, functionArn } = await knownFunction(deps, functionName);
  const queries = metricQueries(names, {
    service,
    functionName,
    queueName: queueUrl.split('/').at(-1) ?? '',
    workerName: functionArn.split(':')[6] ?? '',
  });
  const alarmNames = alarmNamesOf(service, functionName);
  const [points, standings] = await Promise.all([
    metrics.read(queries, window),
    metrics.alarms([...alarmNames.keys()]),
  ]);
  return {
    functionName,
    window,
    series: queries.map((query, index) => ({ ...query, points: points[index] ?? new Map() })),
    alarms: standings.flatMap((standing) => {
      const parts = alarmNames.get(standing.alarmName);
      return parts ? [{ ...standing, ...parts }] : [];
    }),
  };
}
