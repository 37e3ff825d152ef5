import { Distribution } from './distribution.ts';
import { type Metric, metricKey, type Statistic } from './metric.ts';

export const MINUTE_MS = 60_000;

/** So far back goes what is kept: the time that a chart of now shows. CloudWatch keeps minutes for 15 days. */
export const KEPT_MS = 180 * MINUTE_MS;

/** CloudWatch takes timestamps of up to two hours ahead. */
export const AHEAD_MS = 120 * MINUTE_MS;

/** Metrics at once; a program that makes a metric of every id must not fill the memory. */
const MAX_METRICS = 2000;

/** Values by the start of their period, in epoch milliseconds, oldest first. */
export type Points = ReadonlyMap<number, number>;

export interface Window {
  /** Both are multiples of a minute; the end is not within. */
  readonly startMs: number;
  readonly endMs: number;
  readonly periodMs: number;
}

interface Series {
  readonly metric: Metric;
  readonly minutes: Map<number, Distribution>;
}

/** The metrics of this machine, a minute at a time, for the last three hours. They end with the runtime. */
export class MetricStore {
  readonly #series = new Map<string, Series>();
  readonly #now: () => number;
  readonly #onFull: () => void;
  #isFull = false;

  constructor(now: () => number, onFull: () => void) {
    this.#now = now;
    this.#onFull = onFull;
  }

  /** Takes a value at an instant; one that is too old or too far ahead is dropped, as by CloudWatch. */
  record(metric: Metric, value: number, timeMs = this.#now(), count = 1): void {
    const now = this.#now();
    if (timeMs < now - KEPT_MS || timeMs > now + AHEAD_MS) return;
    const minutes = this.#minutesOf(metric);
    if (minutes === undefined) return;
    const minute = Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
    let distribution = minutes.get(minute);
    if (distribution === undefined) {
      forgetOld(minutes, now);
      distribution = new Distribution();
      minutes.set(minute, distribution);
    }
    distribution.add(value, count);
  }

  /** Tells a statistic of each period of a window that has values. */
  read(metric: Metric, statistic: Statistic, { startMs, endMs, periodMs }: Window): Points {
    const minutes = this.#series.get(metricKey(metric))?.minutes;
    const points = new Map<number, number>();
    if (minutes === undefined) return points;
    for (let period = startMs; period < endMs; period += periodMs) {
      const inPeriod: Distribution[] = [];
      for (let minute = period; minute < period + periodMs; minute += MINUTE_MS) {
        inPeriod.push(...[minutes.get(minute) ?? []].flat());
      }
      const [first] = inPeriod;
      if (first !== undefined) {
        points.set(period, (inPeriod.length === 1 ? first : merged(inPeriod)).statistic(statistic));
      }
    }
    return points;
  }

  /** Lists the metrics that have values. */
  metrics(): Metric[] {
    this.#forgetIdle();
    return [...this.#series.values()].map(({ metric }) => metric);
  }

  #minutesOf(metric: Metric): Map<number, Distribution> | undefined {
    const key = metricKey(metric);
    const known = this.#series.get(key);
    if (known !== undefined) return known.minutes;
    if (this.#series.size >= MAX_METRICS) this.#forgetIdle();
    if (this.#series.size >= MAX_METRICS) {
      if (!this.#isFull) this.#onFull();
      this.#isFull = true;
      return undefined;
    }
    const minutes = new Map<number, Distribution>();
    this.#series.set(key, { metric, minutes });
    return minutes;
  }

  #forgetIdle(): void {
    for (const [key, { minutes }] of this.#series) {
      forgetOld(minutes, this.#now());
      if (minutes.size === 0) this.#series.delete(key);
    }
  }
}

function forgetOld(minutes: Map<number, Distribution>, now: number): void {
  for (const minute of minutes.keys()) {
    if (minute < now - KEPT_MS - MINUTE_MS) minutes.delete(minute);
  }
}

function merged(distributions: readonly Distribution[]): Distribution {
  const all = new Distribution();
  for (const distribution of distributions) all.merge(distribution);
  return all;
}
