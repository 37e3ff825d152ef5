import { describe, expect, test } from 'vitest';
import { ClockSchedule } from '../../../local/scheduling/clock-schedule.ts';
import { readSchedule } from '../../../local/scheduling/schedule-times.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const MINUTE = 60_000;

interface World {
  readonly expression: string;
  /** How long the clock goes on. */
  readonly minutes: number;
  /** What a wait takes, for how long it was to be: a machine that sleeps takes longer. */
  readonly waited?: (milliseconds: number, now: number) => number;
}

/** Plays a schedule on a clock of its own; answers each time that was sent, with when it was. */
async function play({ expression, minutes, waited = (ms) => ms }: World) {
  let now = NOON;
  const sent: { due: number; at: number }[] = [];
  const schedule = new ClockSchedule({
    times: readSchedule({
      expression,
      timeZone: 'UTC',
      createdTime: NOON,
      startTime: undefined,
      endTime: undefined,
    }),
    after: NOON - 1,
    clock: () => now,
    wait: async (milliseconds) => {
      now += waited(milliseconds, now);
      if (now > NOON + minutes * MINUTE) schedule.stop();
    },
    send: (due) => void sent.push({ due: (due - NOON) / MINUTE, at: (now - NOON) / MINUTE }),
  });
  await schedule.run();
  return sent;
}

describe('a schedule of every minute', () => {
  test.each(['rate(1 minute)', 'cron(* * * * ? *)'])(
    'comes at each minute of a day, once: %s',
    async (expression) => {
      const sent = await play({ expression, minutes: 1440 });
      expect(sent.map(({ due }) => due)).toEqual(Array.from({ length: 1441 }, (_, minute) => minute));
      expect(sent.every(({ due, at }) => due === at)).toBe(true);
    },
  );

  test('comes once a minute where timers are late', async () => {
    const sent = await play({
      expression: 'rate(1 minute)',
      minutes: 30,
      waited: (milliseconds) => milliseconds + 7000,
    });
    expect(sent.map(({ due }) => due)).toEqual(Array.from({ length: sent.length }, (_, minute) => minute));
    expect(sent.length).toBeGreaterThanOrEqual(30);
  });

  test('passes over what fell due while the machine slept', async () => {
    // It falls asleep half a minute past three, for ten minutes.
    const sent = await play({
      expression: 'rate(1 minute)',
      minutes: 16,
      waited: (milliseconds, now) => (now === NOON + 3 * MINUTE ? 10.5 * MINUTE : milliseconds),
    });
    expect(sent.map(({ due }) => due)).toEqual([0, 1, 2, 3, 13, 14, 15, 16]);
  });
});

test('a schedule that comes once ends by itself', async () => {
  expect(await play({ expression: 'at(2026-11-24T12:05:00)', minutes: 60 })).toEqual([{ due: 5, at: 5 }]);
});

test('one that is stopped sends nothing more', async () => {
  const sent: number[] = [];
  const schedule = new ClockSchedule({
    times: (after) => after + 1,
    after: Date.now(),
    send: (due) => {
      sent.push(due);
      schedule.stop();
    },
  });
  await schedule.run();
  expect(sent).toHaveLength(1);
});

describe('an advance of the clock', () => {
  /** Advances a schedule's clock by minutes, one after the other, while it waits; answers what was sent. */
  async function advanced(expression: string, steps: readonly number[]): Promise<number[]> {
    let now = NOON;
    const sent: number[] = [];
    const left = [...steps];
    const schedule = new ClockSchedule({
      times: readSchedule({
        expression,
        timeZone: 'UTC',
        createdTime: NOON,
        startTime: undefined,
        endTime: undefined,
      }),
      after: NOON,
      clock: () => now,
      wait: async () => {
        const step = left.shift();
        if (step === undefined) return schedule.stop();
        now += step * MINUTE;
        schedule.catchUp();
      },
      send: (due) => void sent.push((due - NOON) / MINUTE),
    });
    await schedule.run();
    return sent;
  }

  test('sends the last of the times that it passed over, and that once', async () => {
    expect(await advanced('rate(1 minute)', [7.5, 43_200])).toEqual([7, 43_207]);
    expect(await advanced('rate(10 minutes)', [9, 0.5, 1, 9.5])).toEqual([10, 20]);
    expect(await advanced('cron(0 3 * * ? *)', [7 * 1440, 60])).toEqual([6 * 1440 + 15 * 60]);
    expect(await advanced('at(2026-11-24T12:05:00)', [3, 90, 90])).toEqual([5]);
  });

  test('sends nothing where no time was passed over', async () => {
    expect(await advanced('rate(1 day)', [60, 60])).toEqual([]);
  });
});
