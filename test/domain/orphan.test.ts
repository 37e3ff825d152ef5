import { describe, expect, test } from 'vitest';
import { isTakenForOrphan } from '../../lambdas/domain/orphan.ts';

const MINUTE_MS = 60_000;
const DUE = 1_795_510_275_000;

/** At which minutes after its due time a task is sent again that nobody ever starts, in a sweep of every minute. */
function resentMinutes(isQueueEmpty: boolean, minutes: number): number[] {
  const resent: number[] = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    const last = resent.at(-1);
    const task = { notBefore: DUE, ...(last !== undefined && { resentTime: DUE + last * MINUTE_MS }) };
    if (isTakenForOrphan(task, isQueueEmpty, DUE + minute * MINUTE_MS)) resent.push(minute);
  }
  return resent;
}

describe('a waiting task is sent again', () => {
  test('while its queue is empty, every other minute or so', () => {
    expect(resentMinutes(true, 10)).toEqual([3, 6, 9]);
  });

  test('while its queue holds messages, seven times in a day', () => {
    expect(resentMinutes(false, 24 * 60)).toEqual([11, 23, 47, 95, 191, 383, 767]);
  });
});

test('it is not before it is due', () => {
  expect(isTakenForOrphan({ notBefore: DUE }, true, DUE - 60 * MINUTE_MS)).toBe(false);
});

test('it is not while the sweep is still to wake it up', () => {
  expect(isTakenForOrphan({ notBefore: DUE, wakeTime: DUE }, true, DUE + 60 * MINUTE_MS)).toBe(false);
});

test('what was sent again in an earlier wait counts no more', () => {
  const task = { notBefore: DUE, resentTime: DUE - 10 * 60 * MINUTE_MS };
  expect(isTakenForOrphan(task, false, DUE + 11 * MINUTE_MS)).toBe(true);
});
