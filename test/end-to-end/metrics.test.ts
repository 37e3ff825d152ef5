import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from 'vitest';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import type { MetricName } from '../../lambdas/domain/metrics.ts';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { errorOf } from './api.ts';
import { startExample } from './runtime.ts';

interface AsyncMetrics {
  readonly timestamps: readonly number[];
  readonly metrics: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
  readonly alarms: readonly { readonly name: string; readonly state: string }[];
}

const { api, runtime } = await startExample();
const cloudWatch = new CloudWatchClient({
  region: 'us-east-1',
  endpoint: runtime.endpoints.cloudWatch,
  credentials: CREDENTIALS,
});

/** What a function's metrics come to since the start, by name: the sum, or a statistic. */
async function metricsOf(functionName: string | undefined, Stat = 'Sum') {
  const Dimensions = [
    { Name: 'service', Value: runtime.stackName },
    ...(functionName === undefined ? [] : [{ Name: 'functionName', Value: functionName }]),
  ];
  const MetricDataQueries = Object.keys(METRICS).map((MetricName, index) => ({
    Id: `m${index}`,
    Label: MetricName,
    MetricStat: { Metric: { Namespace: 'TaskMode', MetricName, Dimensions }, Period: 60, Stat },
  }));
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries,
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
    }),
  );
  const known = MetricDataResults.filter(({ Values = [] }) => Values.length > 0);
  return Object.fromEntries(
    known.map(({ Label, Values = [] }) => [Label, Values.reduce((sum, value) => sum + value, 0)]),
  ) as Partial<Record<MetricName, number>>;
}

test('each event of a task becomes a metric of its function, and the lines stay out of sight', async () => {
  const id = await api.accepted('flaky', { payload: { failures: 1 } });
  await api.until('flaky', id, 'Succeeded');
  await expect
    .poll(() => metricsOf('flaky'))
    .toMatchObject({
      EnqueuedCount: 1,
      ProcessedCount: 1,
      RunningCount: 2,
      RetryingCount: 1,
      SucceededCount: 1,
      FailedCount: 0,
    });
  expect(await metricsOf('flaky', 'SampleCount')).toMatchObject({
    QueueWait: 1,
    RunDuration: 2,
    ColdStartDuration: 1,
    FailedCount: 1,
  });
  expect(await metricsOf('echo')).toEqual({});
});

test('consumers are told of them by the API, with the queue, the alarms and nothing of other functions', async () => {
  await expect
    .poll(async () => {
      const response = await api.fetch(
        '/flaky/async-metrics?metrics=enqueued,retrying,queueWait,backlog,instances',
      );
      expect(response.status).toBe(200);
      const { metrics, alarms, timestamps } = (await response.json()) as AsyncMetrics;
      expect(timestamps).toHaveLength(metrics.enqueued?.sum?.length ?? 0);
      expect(alarms.find(({ name }) => name === 'backlog')?.state).toMatch(/^(OK|INSUFFICIENT_DATA)$/);
      const of = (name: string, statistic: string) =>
        (metrics[name]?.[statistic] ?? []).filter((value) => value !== null);
      return {
        enqueued: of('enqueued', 'sum'),
        retrying: of('retrying', 'sum'),
        waits: of('queueWait', 'p99').length,
        backlog: of('backlog', 'maximum').at(-1),
        instances: of('instances', 'maximum').at(-1),
      };
    })
    .toEqual({ enqueued: [1], retrying: [1], waits: 1, backlog: 0, instances: 1 });
  const unknown = await api.fetch('/nobody/async-metrics');
  expect(await errorOf(unknown)).toMatchObject({ status: 404, Code: 'FunctionNotFound' });
});

test('a run that the supervisor kills is counted before the process is gone', async () => {
  const id = await api.accepted('spin', { payload: { seconds: 60 } });
  await api.until('spin', id, 'Running');
  await api.stop('spin', id);
  await api.until('spin', id, 'Stopped');
  await expect
    .poll(() => metricsOf('spin'))
    .toMatchObject({
      EnqueuedCount: 1,
      ProcessedCount: 1,
      RunningCount: 1,
      StoppingCount: 1,
      StoppedCount: 1,
    });
  const { StopLatency = 0, RunDuration = 0 } = await metricsOf('spin');
  expect(StopLatency).toBeGreaterThan(4900);
  expect(RunDuration).toBeGreaterThanOrEqual(StopLatency);
});

test('the sweep says that it ran, of all functions', async () => {
  await expect
    .poll(() => metricsOf(undefined), { timeout: 15_000 })
    .toMatchObject({ SweepRunCount: 1, SweepFailureCount: 0 });
});
