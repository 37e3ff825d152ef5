import { SUBMIT_COUNT_SECONDS, SUBMITS_PER_COUNT } from './limits.ts';

/** How fast one caller may submit. */
export interface SubmitRate {
  readonly perSecond: number;
  /** How many at once, after a while without any. */
  readonly burst: number;
}

/** What one instance knows of one caller. Nobody changes one: each submit leads to another. */
export interface Allowance {
  /** How many submits it has left, as of `time`. */
  readonly left: number;
  readonly time: number;
  /** How many of this period were let through that are not counted together with those of other instances yet. */
  readonly uncounted: number;
  /** Set where the count of all instances says that it submitted too much. */
  readonly refusedUntil: number;
}

const PERIOD_MS = SUBMIT_COUNT_SECONDS * 1000;

/** The period that an instant is in. All instances have the same ones, so that each counts what the others do. */
export function periodOf(now: number): number {
  return Math.floor(now / PERIOD_MS);
}

export function newAllowance({ burst }: SubmitRate, now: number): Allowance {
  return { left: burst, time: now, uncounted: 0, refusedUntil: 0 };
}

/** Tells how long a caller must wait before its next submit is let through; 0 for one that need not. */
export function waitMsOf(allowance: Allowance, rate: SubmitRate, now: number): number {
  const missing = Math.max(1 - leftAt(allowance, rate, now), 0);
  return Math.max((missing / rate.perSecond) * 1000, allowance.refusedUntil - now, 0);
}

/** Takes what is let through: one submit, or as many as a batch has, which leaves less than none for a while. */
export function taken(allowance: Allowance, rate: SubmitRate, now: number, submits = 1): Allowance {
  const isSamePeriod = periodOf(allowance.time) === periodOf(now);
  return {
    ...allowance,
    left: leftAt(allowance, rate, now) - submits,
    time: now,
    uncounted: (isSamePeriod ? allowance.uncounted : 0) + submits,
  };
}

/** Tells whether it is time to count what was let through together with the submits at other instances. */
export function isToBeCounted({ uncounted }: Allowance): boolean {
  return uncounted >= SUBMITS_PER_COUNT;
}

/**
 * Tells how long a caller is to be refused that made so many submits in this period: until they are within its rate
 * again, or the next period begins. Who keeps to its rate is never refused: a period has at least the submits of its time.
 */
export function excessMsOf({ perSecond, burst }: SubmitRate, submits: number, now: number): number {
  const ageMs = now - periodOf(now) * PERIOD_MS;
  const excess = Math.max(submits - burst - (perSecond * ageMs) / 1000, 0);
  return Math.min((excess / perSecond) * 1000, PERIOD_MS - ageMs);
}

function leftAt({ left, time }: Allowance, { perSecond, burst }: SubmitRate, now: number): number {
  return Math.min(left + (perSecond * Math.max(now - time, 0)) / 1000, burst);
}
