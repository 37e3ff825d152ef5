import { describe, expect, it } from 'vitest';
import { embeddedMetrics } from '../../../local/monitoring/embedded-metrics.ts';

const line = (directive: object, values: object) =>
  JSON.stringify({ _aws: { Timestamp: 1000, CloudWatchMetrics: [directive] }, ...values });

describe('a line of the embedded metric format', () => {
  it('gives each metric once for each set of dimensions', () => {
    const directive = {
      Namespace: 'N',
      Dimensions: [['service', 'fn'], ['service']],
      Metrics: [{ Name: 'a', Unit: 'Count' }, { Name: 'b' }],
    };
    expect(embeddedMetrics(line(directive, { service: 's', fn: 'f', a: 1, b: [2, 3], c: 4 }))).toEqual([
      {
        metric: { namespace: 'N', name: 'a', dimensions: { service: 's', fn: 'f' } },
        values: [1],
        timeMs: 1000,
      },
      { metric: { namespace: 'N', name: 'a', dimensions: { service: 's' } }, values: [1], timeMs: 1000 },
      {
        metric: { namespace: 'N', name: 'b', dimensions: { service: 's', fn: 'f' } },
        values: [2, 3],
        timeMs: 1000,
      },
      { metric: { namespace: 'N', name: 'b', dimensions: { service: 's' } }, values: [2, 3], timeMs: 1000 },
    ]);
  });

  it.each([
    [{ Dimensions: [], Metrics: [] }, /Namespace is undefined: want a text/],
    [{ Namespace: 'N', Dimensions: [['fn']], Metrics: [] }, /dimension fn is undefined: want a text/],
    [{ Namespace: 'N', Metrics: [{ Name: 'x' }] }, /metric x is "much": want a number/],
    [{ Namespace: 'N', Metrics: [{ Name: 'gone' }] }, /metric gone is undefined: want a number/],
    [{ Namespace: 'N' }, /Metrics is undefined: want a list of objects/],
  ])('that CloudWatch would drop is refused: %j', (directive, message) => {
    expect(() => embeddedMetrics(line(directive, { x: 'much' }))).toThrow(message);
  });
});
