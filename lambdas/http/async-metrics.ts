import * as z from 'zod/mini';
import {
  ASYNC_METRIC_NAMES,
  defaultPeriodMs,
  finestPeriodMs,
  isTooFine,
  type MetricWindow,
  metricWindow,
  periodsOf,
  unitOfMetric,
} from '../domain/async-metrics.ts';
import { TaskModeError } from '../domain/errors.ts';
import { METRIC_PERIOD_SECONDS_MAX, METRIC_POINTS_MAX, METRIC_WINDOW_DEFAULT_MS } from '../domain/limits.ts';
import type { FunctionMetrics } from '../tasks/get-async-metrics.ts';
import { functionName, qualifier, wholeNumber } from './schemas.ts';

const time = wholeNumber(0, 999_999_999_999_999, ' of milliseconds since 1970');

const metrics = z.pipe(
  z.pipe(
    z.string(),
    z.transform((text) => [...new Set(text.split(','))]),
  ),
  z.array(
    z.enum(ASYNC_METRIC_NAMES, `must be some of ${ASYNC_METRIC_NAMES.join(', ')}, with commas between them`),
  ),
);

/** Ours: all of it is an extension of the contract. */
export const asyncMetricsFields = z.object({
  functionName,
  qualifier,
  startTime: z.optional(time),
  endTime: z.optional(time),
  period: z.optional(
    wholeNumber(60, METRIC_PERIOD_SECONDS_MAX, ' of seconds').check(
      z.multipleOf(60, 'must be a multiple of 60 seconds'),
    ),
  ),
  metrics: z.optional(metrics),
});

export type AsyncMetricsFields = z.output<typeof asyncMetricsFields>;

/**
 * The window that a request means: the last three hours, in periods that give a chart's worth of points.
 * @throws TaskModeError `InvalidArgument` naming field, value and what is wanted.
 */
export function windowOf(fields: AsyncMetricsFields, now: number): MetricWindow {
  const { endTime = now, period } = fields;
  const { startTime = Math.max(endTime - METRIC_WINDOW_DEFAULT_MS, 0) } = fields;
  if (startTime >= endTime) {
    refuse(`startTime must be before endTime (${endTime}), got "${startTime}"`);
  }
  if (startTime > now) refuse(`startTime must not be in the future (now is ${now}), got "${startTime}"`);
  const finest = finestPeriodMs(now - startTime);
  if (finest === undefined) {
    refuse(`startTime must not be more than 455 days ago, when metrics are forgotten, got "${startTime}"`);
  }
  const end = Math.min(endTime, now);
  const periodMs = period === undefined ? defaultPeriodMs(end - startTime, now - startTime) : period * 1000;
  if (periodMs % finest !== 0) {
    refuse(`period must be a multiple of ${finest / 1000} for a startTime so long ago, got "${period}"`);
  }
  const window = metricWindow(startTime, end, periodMs);
  if (isTooFine(window)) {
    refuse(`period must divide the time into ${METRIC_POINTS_MAX} periods at most, got "${period}"`);
  }
  return window;
}

function refuse(message: string): never {
  throw new TaskModeError('InvalidArgument', message);
}

/** What the API tells of a function's metrics: each statistic as a list beside `timestamps`, null where there is no value. */
export function toAsyncMetrics({ functionName, window, series, alarms }: FunctionMetrics) {
  const timestamps = periodsOf(window);
  const metrics = Map.groupBy(series, ({ name }) => name);
  return {
    functionName,
    startTime: window.startMs,
    endTime: window.endMs,
    period: window.periodMs / 1000,
    timestamps,
    metrics: Object.fromEntries(
      [...metrics].map(([name, statistics]) => [
        name,
        {
          unit: unitOfMetric(name),
          ...Object.fromEntries(
            statistics.map(({ statistic, points }) => [
              STATISTIC_NAMES[statistic],
              timestamps.map((timestamp) => points.get(timestamp) ?? null),
            ]),
          ),
        },
      ]),
    ),
    alarms: alarms.map(({ alarmName, name, severity, state, reason, sinceMs }) => ({
      alarmName,
      name,
      severity,
      state,
      reason,
      since: sinceMs,
    })),
  };
}

const STATISTIC_NAMES = {
  Sum: 'sum',
  Average: 'average',
  Maximum: 'maximum',
  SampleCount: 'count',
  p50: 'p50',
  p99: 'p99',
} as const;
