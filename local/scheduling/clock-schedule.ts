import { pass } from '../clock/timer.ts';
import type { ScheduleTimes } from './schedule-times.ts';

export interface ClockScheduleOptions {
  readonly times: ScheduleTimes;
  /** It comes after this: the start of the runtime, or for a new schedule the moment before it was created. */
  readonly after: number;
  /** Sends what a time of the schedule sends; the next does not wait for it. */
  readonly send: (scheduledTime: number) => void;
  /** @default Date.now */
  readonly clock?: () => number;
  /** @default - a timer */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** How late it may come: EventBridge Scheduler's precision. What fell due while the machine slept does not come. */
const LATEST_MS = 60_000;

/** It looks at the clock so often, which may be set, or go on while the machine sleeps and timers do not. */
const LOOK_MS = 30_000;

/** A schedule of EventBridge Scheduler on this machine's clock: each of its times comes once, or not at all. */
export class ClockSchedule {
  readonly #options: Required<ClockScheduleOptions>;
  readonly #stopping = new AbortController();
  /** What comes is later than this. */
  #after: number;

  constructor(options: ClockScheduleOptions) {
    this.#options = {
      clock: Date.now,
      wait: pass,
      ...options,
    };
    this.#after = options.after;
  }

  start(): void {
    void this.run();
  }

  /** Sends nothing any more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Runs until it is stopped or comes no more. */
  async run(): Promise<void> {
    const { times, clock, send } = this.#options;
    for (;;) {
      // What is too late by now is passed over.
      this.#after = Math.max(this.#after, clock() - LATEST_MS);
      const due = times(this.#after);
      if (due === undefined) return;
      if ((await this.#isDue(due)) && due > this.#after) {
        // It may have fallen due while the machine slept.
        if (clock() - due < LATEST_MS) send(due);
        this.#after = due;
      }
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** After the clock was advanced: of all the times that it passed over, sends the last. */
  catchUp(): void {
    const { times, clock, send } = this.#options;
    const last = lastTime(times, this.#after, clock());
    if (last === undefined || this.#stopping.signal.aborted) return;
    this.#after = last;
    send(last);
  }

  /** Waits until a time has come, or for a while. Tells whether it has. */
  async #isDue(due: number): Promise<boolean> {
    const { clock, wait } = this.#options;
    const { signal } = this.#stopping;
    const leftMs = due - clock();
    if (leftMs > 0) await wait(Math.min(leftMs, LOOK_MS), signal);
    return !signal.aborted && clock() >= due;
  }
}

/** The last time of a schedule after one instant and up to another. */
function lastTime(times: ScheduleTimes, after: number, until: number): number | undefined {
  let last: number | undefined;
  // Looks back twice as far each time: a month of a schedule of minutes is not gone through from its beginning.
  for (let backMs = 1000; last === undefined; backMs *= 2) {
    const from = Math.max(after, until - backMs);
    for (let next = times(from); next !== undefined && next <= until; next = times(next)) last = next;
    if (from === after) break;
  }
  return last;
}
