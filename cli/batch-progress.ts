import { type Paint, plain } from './screen.ts';
import { durationText } from './times.ts';

const BAR_COLUMNS = 20;

/** How far a batch has come. */
export class BatchProgress {
  readonly counts = { submitted: 0, known: 0, refused: 0, skipped: 0 };
  /** Of the tasks that were waited for, those that did not succeed. */
  unsuccessful = 0;
  readonly #total: number | undefined;
  readonly #startMs = performance.now();

  constructor(total: number | undefined) {
    this.#total = total;
  }

  get lines(): number {
    const { submitted, known, refused, skipped } = this.counts;
    return submitted + known + refused + skipped;
  }

  /** A bar where the end is known, the counts, and how long it still takes. */
  liveText(nowMs: number = performance.now()): string {
    const { lines } = this;
    const elapsedMs = nowMs - this.#startMs;
    if (this.#total === undefined) return `${lines} lines, ${this.countsText()}, ${durationText(elapsedMs)}`;
    const share = this.#total === 0 ? 1 : lines / this.#total;
    const filled = Math.round(share * BAR_COLUMNS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
    const leftMs = share > 0 ? (elapsedMs / share) * (1 - share) : undefined;
    const left = leftMs === undefined || lines === this.#total ? '' : `, ${durationText(leftMs)} left`;
    return `${bar} ${lines}/${this.#total} ${this.countsText()}${left}`;
  }

  countsText(paint: Paint = plain): string {
    const { submitted, known, refused, skipped } = this.counts;
    return [
      `${submitted} submitted`,
      known > 0 && `${known} known already`,
      skipped > 0 && `${skipped} done before`,
      refused > 0 && paint('red', `${refused} refused`),
      this.unsuccessful > 0 && paint('red', `${this.unsuccessful} did not succeed`),
    ]
      .filter(Boolean)
      .join(', ');
  }
}
