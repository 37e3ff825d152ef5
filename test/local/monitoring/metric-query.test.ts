import { describe, expect, it } from 'vitest';
import { parseQueries, runQueries } from '../../../local/monitoring/metric-query.ts';
import { MetricStore } from '../../../local/monitoring/metric-store.ts';

const MINUTE = 60_000;
const NOW = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE);

function storeOf(metrics: Record<string, readonly (number | undefined)[]>) {
  const store = new MetricStore(
    () => NOW,
    () => undefined,
  );
  for (const [name, values] of Object.entries(metrics)) {
    for (const [index, value] of values.entries()) {
      const time = NOW - (values.length - index) * MINUTE;
      if (value !== undefined) store.record({ namespace: 'Test', name, dimensions: {} }, value, time);
    }
  }
  return store;
}

const stat = (id: string, name: string, more: object = {}) => ({
  Id: id,
  MetricStat: { Metric: { Namespace: 'Test', MetricName: name }, Period: 60, Stat: 'Sum', ...more },
  ReturnData: false,
});

/** What an expression over `a` and `b` comes to in each of the last three minutes. */
function values(expression: string) {
  const store = storeOf({ a: [1, 2, 3], b: [10, undefined, 0] });
  const queries = parseQueries([stat('a', 'a'), stat('b', 'b'), { Id: 'e', Expression: expression }]);
  const window = { startMs: NOW - 3 * MINUTE, endMs: NOW, periodMs: MINUTE };
  const points = runQueries(store, queries, window).get('e');
  return [3, 2, 1].map((back) => points?.get(NOW - back * MINUTE));
}

describe('metric math', () => {
  it.each([
    ['a + b', [11, undefined, 3]],
    ['a * 2 - 1', [1, 3, 5]],
    ['2 ^ 3 * a', [8, 16, 24]],
    ['-a', [-1, -2, -3]],
    ['(a + 1) * 10', [20, 30, 40]],
    ['a / b', [0.1, undefined, undefined]],
    ['100 * FILL(b, 0) / a', [1000, 0, 0]],
    ['FILL(b, REPEAT)', [10, 10, 0]],
    ['FILL(b, a)', [10, 2, 0]],
    ['IF(a > 1, b, 99)', [99, undefined, 0]],
    ['IF(FILL(b, 0) > 0 AND a < 3, 1, 0)', [1, 0, 0]],
    ['IF(a >= 2, a)', [undefined, 2, 3]],
    ['SUM(METRICS())', [11, 2, 3]],
    ['MAX([a, b])', [10, 2, 3]],
    ['AVG([a, FILL(b, 0)])', [5.5, 1, 1.5]],
    ['a / SUM(a) * 6', [1, 2, 3]],
    ['CEIL(a / 2)', [1, 1, 2]],
    ['ABS(a - 2)', [1, 0, 1]],
    ['a / PERIOD(a)', [1 / 60, 2 / 60, 3 / 60]],
    ['SUM(FILL(METRICS(), 1))', [11, 3, 3]],
    ['7', [7, 7, 7]],
  ])('computes %s', (expression, expected) => {
    expect(values(expression)).toEqual(expected);
  });

  it.each([
    ["SEARCH('x')", /SEARCH with 1 arguments is not served here/],
    ['ANOMALY_DETECTION_BAND(a)', /ANOMALY_DETECTION_BAND with 1 arguments is not served/],
    ['a +', /cannot be read here at character 3/],
    ['a b', /cannot be read/],
    ['a ? b', /cannot be read/],
    ['c', /there is no id c in the request/],
    ['e', /expression e refers to itself/],
    ['METRICS()', /query e comes to several series/],
    ['[a, 1]', /1 stands where metrics must/],
  ])('refuses %s', (expression, message) => {
    expect(() => values(expression)).toThrow(message);
  });
});

describe('a query', () => {
  const window = { startMs: NOW - 6 * MINUTE, endMs: NOW, periodMs: 3 * MINUTE };

  it.each([
    ['Sum', [6, 15]],
    ['Average', [2, 5]],
    ['Minimum', [1, 4]],
    ['Maximum', [3, 6]],
    ['SampleCount', [3, 3]],
    ['p50', [2, 5]],
    ['p99.9', [3, 6]],
  ])('joins the minutes of a longer period: %s', (Stat, expected) => {
    const queries = parseQueries([stat('m', 'a', { Period: 180, Stat })]);
    const points = runQueries(storeOf({ a: [1, 2, 3, 4, 5, 6] }), queries, window).get('m');
    expect([...(points?.values() ?? [])]).toEqual(expected);
  });

  it.each([
    [{ Stat: 'tm90' }, /statistic tm90 is not served here/],
    [{ Period: 30 }, /Period is 30: want a multiple of 60/],
    [{ Metric: { MetricName: 'a' } }, /want Namespace, MetricName and Dimensions/],
  ])('with %j is refused', (more, message) => {
    expect(() => parseQueries([stat('m', 'a', more)])).toThrow(message);
  });
});
