import type { Statistic } from './metric.ts';

/** Above so many different values, percentiles are told to three digits; all else stays exact. */
const EXACT_VALUES = 1000;

/** The values that a metric had in some time. */
export class Distribution {
  #count = 0;
  #sum = 0;
  #minimum = Number.POSITIVE_INFINITY;
  #maximum = Number.NEGATIVE_INFINITY;
  #isRounded = false;
  #counts = new Map<number, number>();

  add(value: number, count = 1): void {
    this.#count += count;
    this.#sum += value * count;
    this.#minimum = Math.min(this.#minimum, value);
    this.#maximum = Math.max(this.#maximum, value);
    this.#addCount(value, count);
  }

  merge(other: Distribution): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#minimum = Math.min(this.#minimum, other.#minimum);
    this.#maximum = Math.max(this.#maximum, other.#maximum);
    for (const [value, count] of other.#counts) this.#addCount(value, count);
  }

  /** There must be a value. */
  statistic(statistic: Statistic): number {
    switch (statistic) {
      case 'SampleCount':
        return this.#count;
      case 'Sum':
        return this.#sum;
      case 'Average':
        return this.#sum / this.#count;
      case 'Minimum':
        return this.#minimum;
      case 'Maximum':
        return this.#maximum;
      default:
        return this.#percentile(statistic.percentile);
    }
  }

  /** The smallest value that so many per cent of the values do not exceed. */
  #percentile(percentile: number): number {
    let left = Math.max(1, Math.ceil((percentile / 100) * this.#count));
    for (const [value, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(Math.max(value, this.#minimum), this.#maximum);
    }
    return this.#maximum;
  }

  #addCount(value: number, count: number): void {
    const kept = this.#isRounded ? threeDigits(value) : value;
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
    if (!this.#isRounded && this.#counts.size > EXACT_VALUES) this.#round();
  }

  #round(): void {
    this.#isRounded = true;
    const exact = this.#counts;
    this.#counts = new Map();
    for (const [value, count] of exact) this.#addCount(value, count);
  }
}

function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}
