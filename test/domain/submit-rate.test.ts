import { describe, expect, test } from 'vitest';
import { SUBMIT_COUNT_SECONDS } from '../../lambdas/domain/limits.ts';
import {
  type Allowance,
  excessMsOf,
  isToBeCounted,
  newAllowance,
  periodOf,
  taken,
  waitMsOf,
} from '../../lambdas/domain/submit-rate.ts';

const RATE = { perSecond: 10, burst: 20 };
const NOW = 1_795_510_275_000;

/** How many submits are let through one after the other at one time, and what is left then. */
function admitted(allowance: Allowance, now: number, rate = RATE): { count: number; allowance: Allowance } {
  let [count, current] = [0, allowance];
  for (; waitMsOf(current, rate, now) === 0; count += 1) current = taken(current, rate, now);
  return { count, allowance: current };
}

describe('a caller', () => {
  test('may submit its burst at once, and as often as its rate says after that', () => {
    const first = admitted(newAllowance(RATE, NOW), NOW);
    expect(first.count).toBe(20);
    expect(waitMsOf(first.allowance, RATE, NOW)).toBe(100);
    expect(admitted(first.allowance, NOW + 99).count).toBe(0);
    expect(admitted(first.allowance, NOW + 100).count).toBe(1);
    expect(admitted(first.allowance, NOW + 1000).count).toBe(10);
  });

  test('saves up no more than its burst', () => {
    expect(admitted(admitted(newAllowance(RATE, NOW), NOW).allowance, NOW + 3_600_000).count).toBe(20);
  });

  test('gets nothing by a clock that goes back', () => {
    const { allowance } = admitted(newAllowance(RATE, NOW), NOW);
    expect(admitted(allowance, NOW - 60_000).count).toBe(0);
    expect(admitted(allowance, NOW + 1000).count).toBe(10);
  });

  test('is refused until then where it submitted too much elsewhere', () => {
    const allowance = { ...newAllowance(RATE, NOW), refusedUntil: NOW + 5000 };
    expect(waitMsOf(allowance, RATE, NOW)).toBe(5000);
    expect(admitted(allowance, NOW + 5000).count).toBe(20);
  });
});

describe('what is let through', () => {
  const PERIOD_MS = SUBMIT_COUNT_SECONDS * 1000;
  const begin = periodOf(NOW) * PERIOD_MS;
  const madeOf = (submits: number, firstTime: number, everyMs: number) => {
    let allowance = newAllowance(RATE, firstTime);
    for (let number = 0; number < submits; number += 1) {
      allowance = taken(allowance, RATE, firstTime + number * everyMs);
    }
    return allowance;
  };

  test('is to be counted after forty', () => {
    expect(isToBeCounted(madeOf(39, begin, 100))).toBe(false);
    expect(isToBeCounted(madeOf(40, begin, 100))).toBe(true);
  });

  test('is counted in the period in which it was made', () => {
    expect(madeOf(40, begin - 100, 100).uncounted).toBe(39);
    expect(isToBeCounted(madeOf(400, begin, 8000))).toBe(false);
  });

  test.each([
    ['within burst and rate is no excess', 60, 4000, 0],
    ['one over is made up for at the rate', 61, 4000, 100],
    ['far over is made up for until the next period', 100_000, 4000, PERIOD_MS - 4000],
    ['a burst at its beginning is no excess', 20, 0, 0],
  ])('by all instances: %s', (_, submits, ageMs, waitMs) => {
    expect(excessMsOf(RATE, submits, begin + ageMs)).toBe(waitMs);
  });
});
