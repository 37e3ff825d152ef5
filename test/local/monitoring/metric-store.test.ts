import { describe, expect, it } from 'vitest';
import { type Metric, parseStatistic } from '../../../local/monitoring/metric.ts';
import { MetricStore } from '../../../local/monitoring/metric-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE);

function open(now = NOW) {
  const clock = { now };
  const full: string[] = [];
  const store = new MetricStore(
    () => clock.now,
    () => full.push('full'),
  );
  return { clock, full, store };
}

const metric = (name: string, dimensions: Record<string, string> = {}): Metric => ({
  namespace: 'Test',
  name,
  dimensions,
});

function read(store: MetricStore, of: Metric, statistic: string, startMs = NOW, endMs = NOW + MINUTE) {
  return [...store.read(of, parseStatistic(statistic), { startMs, endMs, periodMs: MINUTE }).values()];
}

describe('MetricStore', () => {
  it('tells the percentiles of a thousand values exactly, and of many more to three digits', () => {
    const { store } = open();
    for (let value = 1; value <= 1000; value += 1) store.record(metric('few'), value);
    expect(read(store, metric('few'), 'p99')).toEqual([990]);
    for (let value = 1; value <= 100_000; value += 1) store.record(metric('many'), value / 7);
    const [p90 = 0] = read(store, metric('many'), 'p90');
    expect(Math.abs(p90 / (90_000 / 7) - 1)).toBeLessThan(0.005);
    expect(read(store, metric('many'), 'Maximum')).toEqual([100_000 / 7]);
    expect(read(store, metric('many'), 'SampleCount')).toEqual([100_000]);
  });

  it('takes metrics of other dimensions for other metrics, in whatever order these come', () => {
    const { store } = open();
    store.record(metric('a', { x: '1', y: '2' }), 1);
    store.record(metric('a', { y: '2', x: '1' }), 2);
    store.record(metric('a', { x: '1' }), 4);
    store.record(metric('a'), 8);
    expect(read(store, metric('a', { x: '1', y: '2' }), 'Sum')).toEqual([3]);
    expect(read(store, metric('a', { x: '1' }), 'Sum')).toEqual([4]);
    expect(read(store, metric('a'), 'Sum')).toEqual([8]);
    expect(read(store, metric('a', { x: '2' }), 'Sum')).toEqual([]);
  });

  it('forgets after three hours, and takes nothing that is older or far ahead', () => {
    const { store, clock } = open();
    store.record(metric('a'), 1);
    store.record(metric('old'), 1, NOW - 3 * HOUR - MINUTE);
    store.record(metric('ahead'), 1, NOW + 2 * HOUR + MINUTE);
    expect(store.metrics()).toEqual([metric('a')]);
    clock.now += 3 * HOUR + 2 * MINUTE;
    expect(store.metrics()).toEqual([]);
  });

  it('keeps no more than 2,000 metrics at once, says so once, and has room again when some are old', () => {
    const { store, clock, full } = open();
    for (let id = 0; id < 2010; id += 1) store.record(metric('each', { id: String(id) }), 1);
    expect(store.metrics()).toHaveLength(2000);
    expect(full).toEqual(['full']);
    clock.now += 4 * HOUR;
    store.record(metric('new'), 1);
    expect(store.metrics()).toEqual([metric('new')]);
  });
});
