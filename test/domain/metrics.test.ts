import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { describe, expect, test } from 'vitest';
import { TASK_STATUSES } from '../../lambdas/domain/lifecycle.ts';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import {
  METRIC_NAMESPACE,
  metricLine,
  metricsOfMove,
  statusMetric,
  sweepMetric,
} from '../../lambdas/domain/metrics.ts';
import { SWEEP_FINDINGS } from '../../lambdas/domain/sweep-finding.ts';
import type { Task } from '../../lambdas/domain/task.ts';
import { newTask } from '../aws/tasks.ts';

test('every status and every finding of the sweep has its metric, and every metric says what it means', () => {
  for (const status of TASK_STATUSES) expect(METRICS).toHaveProperty(statusMetric(status));
  for (const finding of SWEEP_FINDINGS) expect(METRICS).toHaveProperty(sweepMetric(finding));
  expect(sweepMetric('deadRuns')).toBe('SweptDeadRunsCount');
  for (const { meaning } of Object.values(METRICS)) expect(meaning.length).toBeGreaterThan(10);
});

describe('a line', () => {
  const time = 1_795_510_275_000;

  test('is the one that Powertools writes', () => {
    const powertools = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'Stack' });
    powertools.setTimestamp(Date.now());
    powertools.addDimension('functionName', 'echo');
    powertools.addMetric('RunningCount', MetricUnit.Count, 1);
    powertools.addMetric('RunDuration', MetricUnit.Milliseconds, 12.5);
    const expected = powertools.serializeMetrics();
    const line = metricLine({
      service: 'Stack',
      functionName: 'echo',
      time: expected._aws.Timestamp,
      values: { RunningCount: 1, RunDuration: 12.5 },
    });
    expect(JSON.parse(line)).toEqual(expected);
    powertools.clearMetrics();
  });

  test('of the whole deployment has no dimension of a function', () => {
    const line = JSON.parse(
      metricLine({ service: 'Stack', functionName: undefined, time, values: { SweepRunCount: 1 } }),
    );
    expect(line).toMatchObject({ service: 'Stack', SweepRunCount: 1 });
    expect(line._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service']]);
    expect(line).not.toHaveProperty('functionName');
  });
});

describe('a move', () => {
  const at = (status: Task['status'], ...statuses: Task['status'][]) => {
    const events = [...statuses, status].map((each, index) => ({ status: each, timestamp: index * 1000 }));
    const run = { runId: 'r', startTime: 2000, leaseUntil: 100_000, instanceId: 'i' };
    return { ...newTask(), ...run, notBefore: 500, status, events } as Task;
  };

  test.each([
    ['a stop of a waiting task', at('Enqueued'), 'Stopped', { StoppedCount: 1 }],
    [
      'an expiry of one that was dequeued',
      at('Processed', 'Enqueued'),
      'Expired',
      { ExpiredCount: 1, ProcessedCount: 1 },
    ],
    ['a stop of one that runs', at('Running', 'Enqueued', 'Processed'), 'Stopping', { StoppingCount: 1 }],
    [
      'the end of a first attempt',
      at('Running', 'Enqueued', 'Processed'),
      'Succeeded',
      {
        SucceededCount: 1,
        FailedCount: 0,
        RunningCount: 1,
        ProcessedCount: 1,
        QueueWait: 1500,
        RunDuration: 3000,
      },
    ],
    [
      'the end of a repeated one',
      at('Running', 'Enqueued', 'Processed', 'Running', 'Retrying'),
      'Failed',
      { FailedCount: 1, RunningCount: 1, RunDuration: 3000 },
    ],
    [
      'a hand-back',
      at('Running', 'Enqueued', 'Processed'),
      'Enqueued',
      { EnqueuedCount: 1, RunningCount: 1, ProcessedCount: 1, QueueWait: 1500, RunDuration: 3000 },
    ],
    [
      'the end of a stop',
      at('Stopping', 'Enqueued', 'Processed', 'Running'),
      'Stopped',
      {
        StoppedCount: 1,
        RunningCount: 1,
        ProcessedCount: 1,
        QueueWait: 1500,
        RunDuration: 3000,
        StopLatency: 2000,
      },
    ],
    ['a redrive', at('Failed', 'Enqueued', 'Processed', 'Running'), 'Enqueued', { EnqueuedCount: 1 }],
  ] as const)('%s', (_, before, to, expected) => {
    expect(metricsOfMove(before, to, 5000)).toEqual(expected);
  });

  test('of a run whose lease is over has no duration', () => {
    const dead = at('Running', 'Enqueued', 'Processed');
    expect(metricsOfMove(dead, 'Failed', 100_001)).not.toHaveProperty('RunDuration');
  });
});
