import { afterEach, expect, test, vi } from 'vitest';
import { machineTime, moveProcessClock } from '../../../local/clock/process-clock.ts';
import { after, afterWorkTime, lookAtTimers, pass } from '../../../local/clock/timer.ts';

const HOUR_MS = 3_600_000;

let advanced = 0;

function advance(byMs: number): void {
  advanced += byMs;
  moveProcessClock(byMs);
  lookAtTimers();
}

afterEach(() => advance(-advanced));

test('Date tells the time of a clock that was advanced, in whatever way it is asked', () => {
  const [date, epoch] = [new Date(), Date.now()];
  advance(HOUR_MS);
  expect(Date.now() - epoch).toBeGreaterThanOrEqual(HOUR_MS);
  expect(Date.parse(new Date().toISOString()) - epoch).toBeGreaterThanOrEqual(HOUR_MS);
  expect(Date.parse(Date()) - epoch).toBeGreaterThan(HOUR_MS - 1001);
  expect(machineTime() - epoch).toBeLessThan(HOUR_MS / 2);
  expect(new Date(5).getTime()).toBe(5);
  expect(date).toBeInstanceOf(Date);
  expect(new Date().constructor).toBe(Date);
  expect(structuredClone(new Date())).toBeInstanceOf(Date);
  class Day extends Date {
    readonly isDay = true;
  }
  expect(new Day().getTime() - epoch).toBeGreaterThanOrEqual(HOUR_MS);
  expect(new Day().isDay).toBe(true);
});

test('and as before when it is taken back', () => {
  const before = Date;
  advance(HOUR_MS);
  advance(-HOUR_MS);
  expect(Date).toBe(before);
  expect(Date.prototype.constructor).toBe(before);
});

test('what waits is called back once the clock was advanced by all that it waits for', async () => {
  const called: string[] = [];
  const timers = [
    after(2 * HOUR_MS, () => called.push('two')),
    after(HOUR_MS, () => called.push('one')),
    after(9000 * HOUR_MS, () => called.push('a year')),
    afterWorkTime(HOUR_MS, () => called.push('work')),
  ];
  const passed = pass(2 * HOUR_MS, new AbortController().signal);
  advance(HOUR_MS);
  await vi.waitFor(() => expect(called).toEqual(['one']));
  advance(HOUR_MS);
  await passed;
  await vi.waitFor(() => expect(called).toEqual(['one', 'two']));
  for (const timer of timers) timer.cancel();
  advance(9000 * HOUR_MS);
  await pass(5, new AbortController().signal);
  expect(called).toEqual(['one', 'two']);
});

test('waiting ends when its signal is aborted', async () => {
  const stopping = new AbortController();
  const passed = pass(HOUR_MS, stopping.signal);
  stopping.abort();
  await passed;
  await pass(HOUR_MS, stopping.signal);
});
