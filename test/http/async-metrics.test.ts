import { expect, test } from 'vitest';
import type { TaskModeError } from '../../lambdas/domain/errors.ts';
import { asyncMetricsFields, toAsyncMetrics, windowOf } from '../../lambdas/http/async-metrics.ts';
import { parseFields } from '../../lambdas/http/request.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 1_800_000_000_000 - (1_800_000_000_000 % DAY) + 12 * HOUR + 90_000;

const window = (query: object = {}) => {
  const strings = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return windowOf(parseFields(asyncMetricsFields, { functionName: 'echo', ...strings }), NOW);
};

test('by default it is the last three hours, minute by minute', () => {
  const { startMs, endMs, periodMs } = window();
  expect(periodMs).toBe(MINUTE);
  expect([startMs, endMs]).toEqual([NOW - 30_000 - 3 * HOUR, NOW + 30_000]);
});

test.each([
  [HOUR, MINUTE],
  [3 * HOUR, MINUTE],
  [4 * HOUR, 5 * MINUTE],
  [DAY, 15 * MINUTE],
  [7 * DAY, HOUR],
  [30 * DAY, 6 * HOUR],
  [300 * DAY, DAY],
])('a time of %d ms is divided into periods of %d', (length, periodMs) => {
  const { startMs, endMs, periodMs: found } = window({ startTime: NOW - length });
  expect(found).toBe(periodMs);
  expect(startMs % periodMs).toBe(0);
  expect(startMs).toBeLessThanOrEqual(NOW - length);
  expect(endMs).toBeGreaterThanOrEqual(NOW);
  expect((endMs - startMs) / periodMs).toBeLessThanOrEqual(302);
});

test('a short time long ago is divided as CloudWatch still knows it', () => {
  const [startTime, endTime] = [NOW - 20 * DAY, NOW - 20 * DAY + HOUR];
  expect(window({ startTime, endTime }).periodMs).toBe(5 * MINUTE);
  expect(window({ startTime: startTime - 50 * DAY, endTime }).periodMs).toBe(DAY);
});

test('a time that is not over yet ends now', () => {
  expect(window({ endTime: NOW + DAY, startTime: NOW - HOUR }).endMs).toBe(NOW + 30_000);
});

test.each([
  [{ startTime: 'yesterday' }, 'startTime must be a whole number of milliseconds since 1970 from 0 to '],
  [{ startTime: 5, endTime: 5 }, 'startTime must be before endTime (5), got "5"'],
  [{ startTime: NOW + 1, endTime: NOW + 2 }, 'startTime must not be in the future (now is '],
  [{ startTime: NOW - 456 * DAY }, 'startTime must not be more than 455 days ago'],
  [{ period: 59 }, 'period must be a whole number of seconds from 60 to 86400, got "59"'],
  [{ period: 90 }, 'period must be a multiple of 60 seconds, got "90"'],
  [
    { period: 60, startTime: NOW - 20 * DAY },
    'period must be a multiple of 300 for a startTime so long ago, got "60"',
  ],
  [
    { period: 60, startTime: NOW - 2 * DAY },
    'period must divide the time into 1440 periods at most, got "60"',
  ],
  [{ metrics: 'backlog,toString' }, 'metrics must be some of enqueued, processed, '],
  [{ metrics: '' }, 'metrics must be some of enqueued, processed, '],
])('%j is refused by name', (query, message) => {
  let refusal = 'taken';
  try {
    window(query);
  } catch (error) {
    refusal = `${(error as TaskModeError).code}: ${(error as TaskModeError).message}`;
  }
  expect(refusal).toContain(`InvalidArgument: ${message}`);
});

test('metrics are chosen by name, each once', () => {
  const { metrics } = parseFields(asyncMetricsFields, {
    functionName: 'echo',
    metrics: 'backlog,failed,backlog',
  });
  expect(metrics).toEqual(['backlog', 'failed']);
});

test('each statistic is a list beside the periods, with null where nothing was measured', () => {
  const window = { startMs: 0, endMs: 2 * MINUTE, periodMs: MINUTE };
  const query = {
    name: 'queueWait',
    namespace: 'TaskMode',
    metricName: 'QueueWait',
    dimensions: {},
  } as const;
  expect(
    toAsyncMetrics({
      functionName: 'echo',
      window,
      series: [
        { ...query, statistic: 'Average', points: new Map([[MINUTE, 5.5]]) },
        { ...query, statistic: 'p99', points: new Map([[0, 7]]) },
      ],
      alarms: [
        {
          ...{ service: 'S', functionName: 'echo', name: 'backlog', severity: 'medium' },
          ...{ alarmName: 'S-echo-backlog-medium', state: 'OK', reason: 'calm', sinceMs: 9 },
        } as const,
      ],
    }),
  ).toEqual({
    functionName: 'echo',
    startTime: 0,
    endTime: 120_000,
    period: 60,
    timestamps: [0, MINUTE],
    metrics: { queueWait: { unit: 'Milliseconds', average: [null, 5.5], p99: [7, null] } },
    alarms: [
      {
        ...{ alarmName: 'S-echo-backlog-medium', name: 'backlog', severity: 'medium' },
        ...{ state: 'OK', reason: 'calm', since: 9 },
      },
    ],
  });
});
