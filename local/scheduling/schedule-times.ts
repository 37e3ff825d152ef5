import { CronError, CronExpression } from './cron-expression.ts';
import { TimeZone } from './time-zone.ts';

/** When a schedule comes: the first time after an instant, both in epoch milliseconds; undefined when it comes no more. */
export type ScheduleTimes = (after: number) => number | undefined;

export interface ScheduleSource {
  readonly expression: string;
  readonly timeZone: string;
  /** When the schedule was created, from which on a rate counts unless it has a start. */
  readonly createdTime: number;
  readonly startTime: number | undefined;
  readonly endTime: number | undefined;
}

/** A schedule that the local runtime cannot run: which property, and what it wants. */
export class ScheduleError extends Error {
  readonly property: string;

  constructor(property: string, wanted: string) {
    super(wanted);
    this.property = property;
  }
}

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};

/**
 * Reads a schedule of EventBridge Scheduler.
 * @throws ScheduleError
 */
export function readSchedule(source: ScheduleSource): ScheduleTimes {
  const { expression, startTime, endTime } = source;
  const [, kind, text = ''] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  const zone = readTimeZone(source.timeZone);
  // What comes once has neither start nor end (EventBridge Scheduler: they are ignored).
  if (kind === 'at') return readInstant(text, zone);
  const times = kind === 'rate' ? readRate(text, source) : kind === 'cron' ? readCron(text, zone) : undefined;
  if (times === undefined) throw new ScheduleError('ScheduleExpression', 'rate(…), cron(…) or at(…)');
  return (after) => {
    const time = times(startTime === undefined ? after : Math.max(after, startTime - 1));
    return time !== undefined && (endTime === undefined || time <= endTime) ? time : undefined;
  };
}

function readTimeZone(name: string): TimeZone {
  try {
    return new TimeZone(name);
  } catch {
    throw new ScheduleError('ScheduleExpressionTimezone', 'a time zone such as "Europe/Berlin"');
  }
}

/** At its start, or when it was created, and then at intervals: days are of 24 hours (EventBridge Scheduler, schedule types). */
function readRate(text: string, { createdTime, startTime }: ScheduleSource): ScheduleTimes {
  const [, count = '0', unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(text) ?? [];
  const intervalMs = Number(count) * (UNIT_MS[unit] ?? 0);
  if (intervalMs === 0) {
    throw new ScheduleError(
      'ScheduleExpression',
      'a rate of minutes, hours or days, such as "rate(5 minutes)"',
    );
  }
  const first = startTime ?? createdTime;
  return (after) => first + Math.max(Math.floor((after - first) / intervalMs) + 1, 0) * intervalMs;
}

/**
 * By the clock of the zone: a time that the clock leaves out in spring does not come, and one that it shows twice in
 * autumn comes once (EventBridge Scheduler, daylight savings time).
 */
function readCron(text: string, zone: TimeZone): ScheduleTimes {
  const cron = cronOf(text);
  return (after) => {
    let clock = cron.next(zone.clockAt(after));
    while (clock !== undefined) {
      const instant = zone.instantOf(clock);
      if (instant !== undefined && instant > after) return instant;
      clock = cron.next(clock);
    }
    return undefined;
  };
}

function cronOf(text: string): CronExpression {
  try {
    return new CronExpression(text);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new ScheduleError('ScheduleExpression', `a cron expression with ${error.message}`);
  }
}

function readInstant(text: string, zone: TimeZone): ScheduleTimes {
  const clock = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  const isDate = !Number.isNaN(clock) && new Date(clock).toISOString().startsWith(text);
  const instant = isDate ? zone.instantOf(clock) : undefined;
  if (instant === undefined) {
    throw new ScheduleError('ScheduleExpression', 'a time that there is, such as "at(2027-01-31T09:30:00)"');
  }
  return (after) => (instant > after ? instant : undefined);
}
