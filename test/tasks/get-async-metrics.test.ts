import { expect, test } from 'vitest';
import { MetricReader } from '../../lambdas/aws/metric-reader.ts';
import { ASYNC_METRIC_NAMES, metricWindow } from '../../lambdas/domain/async-metrics.ts';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import { getAsyncMetrics } from '../../lambdas/tasks/get-async-metrics.ts';
import { startCloudWatch } from '../aws/cloudwatch-engine.ts';
import { startWorld } from './world.ts';

const MINUTE = 60_000;
const NOW = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE) + 30_000;

const world = await startWorld();
const { monitoring, client, addAlarm } = await startCloudWatch(() => NOW);
const metrics = new MetricReader({ client });
const deps = { registry: world.registry, clock: world.clock, metrics, service: 'Stack' };

const measure = (service: string, functionName: string, name: string, value: number, timeMs = NOW) =>
  monitoring.store.record(
    { namespace: 'TaskMode', name, dimensions: { service, functionName } },
    value,
    timeMs,
  );

const window = metricWindow(NOW - 2 * MINUTE, NOW, MINUTE);
const startOf = (minutesAgo: number) => NOW - 30_000 - minutesAgo * MINUTE;

for (const value of [10, 20, 30]) measure('Stack', 'echo', 'QueueWait', value, startOf(1));
measure('Stack', 'echo', 'EnqueuedCount', 1);
measure('Stack', 'echo', 'EnqueuedCount', 1);
measure('Stack', 'stubborn', 'EnqueuedCount', 5);
measure('Other', 'echo', 'EnqueuedCount', 9);
addAlarm('Stack-echo-backlog-medium', 5);
addAlarm('Stack-echo-large-backlog-critical', 1000);
addAlarm('Stack-echo-own-medium', 5);
addAlarm('Stack-stubborn-backlog-medium', 5);
monitoring.start();
await monitoring.look();
await monitoring.stop();

test('a function is told of its own metrics, period by period, and of no other’s', async () => {
  const { series } = await getAsyncMetrics(deps, {
    functionName: 'echo',
    window,
    names: ['enqueued', 'queueWait', 'backlog'],
  });
  const found = series.map(({ name, statistic, points }) => [name, statistic, Object.fromEntries(points)]);
  expect(found).toEqual([
    ['enqueued', 'Sum', { [startOf(0)]: 2 }],
    ['queueWait', 'Average', { [startOf(1)]: 20 }],
    ['queueWait', 'p50', { [startOf(1)]: 20 }],
    ['queueWait', 'p99', { [startOf(1)]: expect.closeTo(30, 0) }],
    ['queueWait', 'Maximum', { [startOf(1)]: 30 }],
    ['backlog', 'Maximum', { [startOf(0)]: 7 }],
  ]);
});

test('it is told how its own alarms stand, and not those of others or of its neighbours', async () => {
  const { alarms } = await getAsyncMetrics(deps, { functionName: 'echo', window, names: ['enqueued'] });
  expect(alarms).toMatchObject([
    { alarmName: 'Stack-echo-backlog-medium', name: 'backlog', severity: 'medium', state: 'ALARM' },
    { alarmName: 'Stack-echo-large-backlog-critical', name: 'largeBacklog', state: 'OK' },
  ]);
  expect(alarms[0]?.reason).toContain('Threshold Crossed');
  expect(alarms[0]?.sinceMs).toBe(NOW);
});

test('a function that there never was is unknown, and one that was removed is told of', async () => {
  const request = { functionName: 'nobody', window, names: ASYNC_METRIC_NAMES };
  await expect(getAsyncMetrics(deps, request)).rejects.toMatchObject({ code: 'FunctionNotFound' });
  await world.register('gone', { isDeleted: true });
  const { series } = await getAsyncMetrics(deps, { ...request, functionName: 'gone' });
  expect(new Set(series.map(({ name }) => name))).toEqual(new Set(ASYNC_METRIC_NAMES));
});

test('every metric that is told of is one that is emitted, or AWS’s own', async () => {
  const { series } = await getAsyncMetrics(deps, { functionName: 'echo', window, names: ASYNC_METRIC_NAMES });
  for (const { namespace, metricName, dimensions } of series) {
    if (namespace === 'TaskMode') expect(METRICS).toHaveProperty(metricName);
    else expect(['AWS/SQS', 'AWS/Lambda']).toContain(namespace);
    expect(Object.values(dimensions)).not.toContain('');
  }
});

test('CloudWatch that does not answer is 503, and what is no answer to a caller stays with us', async () => {
  for (const [name, code] of [
    ['ThrottlingException', 'ServiceUnavailable'],
    ['AccessDenied', 'InternalServerError'],
  ] as const) {
    const error = Object.assign(new Error('arn:aws:iam::1:role/x may not'), { name });
    const away = new MetricReader({ client: { send: () => Promise.reject(error) } as never });
    const refused = getAsyncMetrics({ ...deps, metrics: away }, { functionName: 'echo', window, names: [] });
    await expect(refused).rejects.toMatchObject({ code, message: expect.not.stringContaining('arn:') });
  }
});

test('what CloudWatch tells in several pages is put together', async () => {
  const pages = [
    { MetricDataResults: [{ Id: 'q0', Timestamps: [new Date(startOf(1))], Values: [1] }], NextToken: 'more' },
    { MetricDataResults: [{ Id: 'q0', Timestamps: [new Date(startOf(0) + 1000)], Values: [2] }] },
  ];
  const tokens: unknown[] = [];
  const paged = {
    send: async ({ input }: { input: { NextToken?: string } }) => {
      tokens.push(input.NextToken);
      return pages.shift();
    },
  };
  const [query] = (await getAsyncMetrics(deps, { functionName: 'echo', window, names: ['enqueued'] })).series;
  const [points] = await new MetricReader({ client: paged as never }).read(query ? [query] : [], window);
  expect(tokens).toEqual([undefined, 'more']);
  expect(Object.fromEntries(points ?? [])).toEqual({ [startOf(1)]: 1, [startOf(0)]: 2 });
});
