import { setTimeout as delay } from 'node:timers/promises';
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

  constructor(options: ClockScheduleOptions) {
    this.#options = {
      clock: Date.now,
      wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
      ...options,
    };
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
    let after = this.#options.after;
    for (;;) {
      // What is too late by now is passed over.
      after = Math.max(after, clock() - LATEST_MS);
      const due = times(after);
      if (due === undefined) return;
      if (await this.#isDue(due)) {
        // It may have fallen due while the machine slept.
        if (clock() - due < LATEST_MS) send(due);
        after = due;
      }
      if (this.#stopping.signal.aborted) return;
    }
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
