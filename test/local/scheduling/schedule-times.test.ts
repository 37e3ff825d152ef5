import { describe, expect, test } from 'vitest';
import { readSchedule, type ScheduleSource } from '../../../local/scheduling/schedule-times.ts';

const CREATED = '2026-11-24T18:00:30.000Z';

/** The next times of a schedule, as far as it comes. */
function times(
  expression: string,
  {
    count = 3,
    after = CREATED,
    ...source
  }: Partial<ScheduleSource> & { count?: number; after?: string } = {},
): string[] {
  const next = readSchedule({
    expression,
    timeZone: 'UTC',
    createdTime: Date.parse(CREATED),
    startTime: undefined,
    endTime: undefined,
    ...source,
  });
  const found: string[] = [];
  let time = next(Date.parse(after));
  while (time !== undefined && found.length < count) {
    found.push(new Date(time).toISOString().replace(':00.000Z', ''));
    time = next(time);
  }
  return found;
}

describe("a cron expression of AWS's reference", () => {
  test.each([
    ['every day at 10:00', '0 10 * * ? *', ['2026-11-25T10:00', '2026-11-26T10:00', '2026-11-27T10:00']],
    ['every day at 12:15', '15 12 * * ? *', ['2026-11-25T12:15', '2026-11-26T12:15', '2026-11-27T12:15']],
    [
      'Mondays to Fridays at 18:00',
      '0 18 ? * MON-FRI *',
      ['2026-11-25T18:00', '2026-11-26T18:00', '2026-11-27T18:00', '2026-11-30T18:00'],
    ],
    [
      'the first day of the month at 8:00',
      '0 8 1 * ? *',
      ['2026-12-01T08:00', '2027-01-01T08:00', '2027-02-01T08:00'],
    ],
    [
      'every 15 minutes',
      '0/15 * * * ? *',
      ['2026-11-24T18:15', '2026-11-24T18:30', '2026-11-24T18:45', '2026-11-24T19:00'],
    ],
    ['every 10 minutes on weekdays', '0/10 * ? * MON-FRI *', ['2026-11-24T18:10', '2026-11-24T18:20']],
    [
      'every 5 minutes on weekdays from 8:00 to 17:55',
      '0/5 8-17 ? * MON-FRI *',
      ['2026-11-25T08:00', '2026-11-25T08:05'],
    ],
    [
      'every 30 minutes on weekdays over midnight',
      '0/30 20-2 ? * MON-FRI *',
      [
        '2026-11-24T20:00',
        '2026-11-24T20:30',
        '2026-11-24T21:00',
        '2026-11-24T21:30',
        '2026-11-24T22:00',
        '2026-11-24T22:30',
        '2026-11-24T23:00',
        '2026-11-24T23:30',
        '2026-11-25T00:00',
        '2026-11-25T00:30',
        '2026-11-25T01:00',
        '2026-11-25T01:30',
        '2026-11-25T02:00',
        '2026-11-25T02:30',
        '2026-11-25T20:00',
      ],
    ],
    [
      '10:15 on the last Friday of each month of two years',
      '15 10 ? * 6L 2027-2028',
      ['2027-01-29T10:15', '2027-02-26T10:15', '2027-03-26T10:15'],
    ],
    [
      'the second Tuesday of the month',
      '0 9 ? * 3#2 *',
      ['2026-12-08T09:00', '2027-01-12T09:00', '2027-02-09T09:00'],
    ],
    [
      'the weekday closest to the third',
      '0 9 3W * ? *',
      ['2026-12-03T09:00', '2027-01-04T09:00', '2027-02-03T09:00'],
    ],
    [
      'the last day of the month',
      '0 9 L * ? *',
      ['2026-11-30T09:00', '2026-12-31T09:00', '2027-01-31T09:00'],
    ],
    [
      'the last weekday of the month',
      '0 9 LW * ? *',
      ['2026-11-30T09:00', '2026-12-31T09:00', '2027-01-29T09:00'],
    ],
    ['the last day of the week', '0 9 ? * L *', ['2026-11-28T09:00', '2026-12-05T09:00', '2026-12-12T09:00']],
    [
      'every tenth minute from the first on',
      '1/10 * * * ? *',
      ['2026-11-24T18:01', '2026-11-24T18:11', '2026-11-24T18:21'],
    ],
    ['Sundays as 1', '0 9 ? * 1 *', ['2026-11-29T09:00', '2026-12-06T09:00', '2026-12-13T09:00']],
    ['Saturdays as 7', '0 9 ? * 7 *', ['2026-11-28T09:00', '2026-12-05T09:00', '2026-12-12T09:00']],
    [
      'Fridays to Mondays',
      '0 9 ? * FRI-MON *',
      ['2026-11-27T09:00', '2026-11-28T09:00', '2026-11-29T09:00', '2026-11-30T09:00', '2026-12-04T09:00'],
    ],
    [
      'months by their names',
      '0 9 1 JAN,jul ? *',
      ['2027-01-01T09:00', '2027-07-01T09:00', '2028-01-01T09:00'],
    ],
    ['every other year', '0 9 1 1 ? 2027/2', ['2027-01-01T09:00', '2029-01-01T09:00', '2031-01-01T09:00']],
    ['years that are over', '0 9 1 1 ? 2020-2025', []],
    ['a day that never is', '0 9 31 2 ? *', []],
    ['leap days', '0 9 29 FEB ? *', ['2028-02-29T09:00', '2032-02-29T09:00', '2036-02-29T09:00']],
  ])('%s', (_, text, expected) => {
    expect(times(`cron(${text})`, { count: Math.max(expected.length, 1) })).toEqual(expected);
  });

  test('comes at each minute of a day, once', () => {
    const minutes = times('cron(* * * * ? *)', { count: 1440 });
    expect(new Set(minutes).size).toBe(1440);
    expect(minutes.at(0)).toBe('2026-11-24T18:01');
    expect(minutes.at(-1)).toBe('2026-11-25T18:00');
  });

  test('comes strictly after', () => {
    expect(times('cron(0 10 * * ? *)', { after: '2026-11-25T10:00:00Z', count: 1 })).toEqual([
      '2026-11-26T10:00',
    ]);
    expect(times('cron(0 10 * * ? *)', { after: '2026-11-25T09:59:59.999Z', count: 1 })).toEqual([
      '2026-11-25T10:00',
    ]);
  });
});

describe('in a time zone', () => {
  const timeZone = 'America/New_York';

  test('the clock of the zone is what counts, in summer and winter', () => {
    expect(times('cron(0 9 1 * ? *)', { timeZone, count: 2, after: '2027-03-01T20:00:00Z' })).toEqual([
      '2027-04-01T13:00',
      '2027-05-01T13:00',
    ]);
    expect(times('cron(0 9 1 * ? *)', { timeZone, count: 1 })).toEqual(['2026-12-01T14:00']);
  });

  test('a time that daylight saving time leaves out does not come', () => {
    // On 14 March 2027 clocks go from 2:00 to 3:00.
    expect(times('cron(30 2 * * ? *)', { timeZone, after: '2027-03-13T00:00:00Z' })).toEqual([
      '2027-03-13T07:30',
      '2027-03-15T06:30',
      '2027-03-16T06:30',
    ]);
  });

  test('a time that clocks show twice comes once', () => {
    // On 7 November 2027 clocks go from 2:00 back to 1:00.
    expect(times('cron(30 1 * * ? *)', { timeZone, after: '2027-11-06T00:00:00Z' })).toEqual([
      '2027-11-06T05:30',
      '2027-11-07T05:30',
      '2027-11-08T06:30',
    ]);
    expect(times('cron(0/30 * * * ? *)', { timeZone, after: '2027-11-07T04:45:00Z', count: 4 })).toEqual([
      '2027-11-07T05:00',
      '2027-11-07T05:30',
      '2027-11-07T07:00',
      '2027-11-07T07:30',
    ]);
    // Of a start within the second hour.
    expect(times('cron(45 1 * * ? *)', { timeZone, after: '2027-11-07T06:15:00Z', count: 1 })).toEqual([
      '2027-11-08T06:45',
    ]);
  });

  test('a rate of days is of 24 hours', () => {
    const createdTime = Date.parse('2027-03-13T12:00:00Z');
    expect(times('rate(1 day)', { timeZone, createdTime, after: '2027-03-13T12:00:00Z', count: 2 })).toEqual([
      '2027-03-14T12:00',
      '2027-03-15T12:00',
    ]);
  });

  test('a single time is of the zone', () => {
    expect(times('at(2027-01-31T09:30:00)', { timeZone })).toEqual(['2027-01-31T14:30']);
  });
});

describe('a rate', () => {
  test('comes as it is created, and then at intervals', () => {
    const after = new Date(Date.parse(CREATED) - 1).toISOString();
    expect(times('rate(5 minutes)', { after, count: 2 })).toEqual([CREATED, '2026-11-24T18:05:30.000Z']);
    expect(times('rate(1 minute)', { after: '2026-11-30T00:00:00Z', count: 1 })).toEqual([
      '2026-11-30T00:00:30.000Z',
    ]);
  });

  test('begins at its start and ends at its end', () => {
    const bounds = {
      startTime: Date.parse('2027-01-01T00:00:00Z'),
      endTime: Date.parse('2027-01-01T02:00:00Z'),
      count: 9,
    };
    expect(times('rate(1 hour)', bounds)).toEqual([
      '2027-01-01T00:00',
      '2027-01-01T01:00',
      '2027-01-01T02:00',
    ]);
    expect(times('cron(30 * * * ? *)', bounds)).toEqual(['2027-01-01T00:30', '2027-01-01T01:30']);
  });
});

test('what comes once comes no more', () => {
  expect(times('at(2026-11-24T18:01:00)')).toEqual(['2026-11-24T18:01']);
  expect(times('at(2026-11-24T18:00:00)')).toEqual([]);
});

test.each([
  ['every minute', 'rate(…), cron(…) or at(…)'],
  ['rate(0 minutes)', 'a rate of minutes, hours or days'],
  ['rate(5 seconds)', 'a rate of minutes, hours or days'],
  ['at(2027-02-30T00:00:00)', 'a time that there is'],
  ['cron(0 10 * * ?)', 'six fields'],
  ['cron(0 10 * * * *)', '? in either day-of-month or day-of-week'],
  ['cron(60 10 * * ? *)', 'minutes of 0-59, not "60"'],
  ['cron(0 10 ? * 0 *)', 'day-of-week of 1-7, not "0"'],
  ['cron(0 10 ? * 8 *)', 'day-of-week of 1-7, not "8"'],
  ['cron(0 10 ? * MOO *)', 'day-of-week of 1-7, not "MOO"'],
  ['cron(0 10 ? * 3#1,6#3 *)', 'day-of-week of 1-7, not "3#1"'],
  ['cron(0/0 10 * * ? *)', 'a step of a whole number from 1 on in minutes'],
  ['cron(0 10 L-2 * ? *)', 'day-of-month of 1-31, not "L"'],
  ['cron(0 10 1 1 ? 1969)', 'year of 1970-2199, not "1969"'],
])('%s is refused', (expression, wanted) => {
  expect(() => times(expression)).toThrow(wanted);
});

test('a time zone that is none is refused', () => {
  expect(() => times('rate(1 hour)', { timeZone: 'Europe/Atlantis' })).toThrow('a time zone such as');
});
