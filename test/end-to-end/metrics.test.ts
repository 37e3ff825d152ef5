import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { expect, test } from 'vitest';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import type { MetricName } from '../../lambdas/domain/metrics.ts';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { startExample } from './runtime.ts';

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
