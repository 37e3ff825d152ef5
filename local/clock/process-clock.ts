import { offsetDate } from './date-offset.ts';

/** By how much this process's clock is ahead of the machine's. */
let offsetMs = 0;
let holders = 0;
let undo: (() => void) | undefined;

/**
 * Has Date tell the time of this process's clock until what is returned is called: the engines, schedules and state machines
 * in it know no other. Before them all, as some keep `Date.now` for later.
 */
export function holdProcessClock(): () => void {
  holders += 1;
  adjust();
  return () => {
    holders -= 1;
    adjust();
  };
}

/** Moves the clock of this process. */
export function moveProcessClock(byMs: number): void {
  offsetMs += byMs;
  adjust();
}

function adjust(): void {
  if (holders > 0 || offsetMs !== 0) {
    undo ??= offsetDate(() => offsetMs);
  } else {
    undo?.();
    undo = undefined;
  }
}

/** The machine's own time, as callers from outside have it. */
export function machineTime(): number {
  return Date.now() - offsetMs;
}

/** Milliseconds that pass steadily, and at once where the clock is advanced: for what timers wait for. */
export function passedMs(): number {
  return performance.now() + offsetMs;
}
