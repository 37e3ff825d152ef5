import { Token } from 'aws-cdk-lib';
import type { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';

/** Refuses a value: what is wanted, and what was given. */
export type Refuse = (wanted: string, got: string) => never;

interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** What it takes beside values, ranges, lists and steps. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The six fields of AWS's cron expressions (Amazon EventBridge, cron expressions reference). */
const CRON_FIELDS: readonly CronField[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day-of-month', min: 1, max: 31, special: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  {
    name: 'day-of-week',
    min: 1,
    max: 7,
    names: DAYS,
    special: new RegExp(`^(\\?|L|([1-7]|${DAYS.join('|')})(L|#[1-5]))$`),
  },
  { name: 'year', min: 1970, max: 2199 },
];

/** Checks what EventBridge Scheduler would refuse of an expression only at the deployment, after minutes. */
export function checkSchedule({ expressionString, timeZone }: ScheduleExpression, refuse: Refuse): void {
  const zone = timeZone?.timezoneName;
  if (zone !== undefined && !Token.isUnresolved(zone) && !isTimeZone(zone)) {
    refuse('in a time zone such as "Europe/Berlin"', `"${zone}"`);
  }
  if (Token.isUnresolved(expressionString)) return;
  const [, kind, text = ''] = /^(rate|cron|at)\((.*)\)$/.exec(expressionString) ?? [];
  const wrong = (wanted: string) => refuse(wanted, `"${expressionString}"`);
  if (kind === 'rate') checkRate(text, wrong);
  else if (kind === 'at') checkInstant(text, wrong);
  else if (kind === 'cron') checkCron(text, wrong);
  else wrong('rate(…), cron(…) or at(…)');
}

/** Tells whether a schedule comes once, so that it has neither start nor end. */
export function isOneTime({ expressionString }: ScheduleExpression): boolean {
  return expressionString.startsWith('at(');
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as +01:00 are none of the IANA database, which AWS takes.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

function checkRate(text: string, wrong: (wanted: string) => never): void {
  if (!/^[1-9]\d* (minute|hour|day)s?$/.test(text)) {
    wrong('a rate of a whole number of minutes, hours or days, such as "rate(5 minutes)"');
  }
}

function checkInstant(text: string, wrong: (wanted: string) => never): void {
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text);
  const time = isInstant ? Date.parse(`${text}Z`) : Number.NaN;
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) {
    wrong('a date and time such as "at(2027-01-31T09:30:00)"');
  }
}

function checkCron(text: string, wrong: (wanted: string) => never): void {
  const values = text.trim().toUpperCase().split(/\s+/);
  if (values.length !== CRON_FIELDS.length) {
    wrong(`a cron expression of six fields (${CRON_FIELDS.map(({ name }) => name).join(', ')})`);
  }
  for (const [index, field] of CRON_FIELDS.entries()) {
    const value = values[index] ?? '';
    if (!isCronField(value, field)) {
      const { name, min, max, names = [] } = field;
      const orNames = names.length > 0 ? ` or ${names[0]}-${names.at(-1)}` : '';
      wrong(`a cron expression whose ${name} has values of ${min}-${max}${orNames}, not "${value}"`);
    }
  }
  // EventBridge: where one of them has a value or *, the other must have ?.
  if ((values[2] === '?') === (values[4] === '?')) {
    wrong('a cron expression with ? in either day-of-month or day-of-week');
  }
}

function isCronField(value: string, { min, max, names = [], special }: CronField): boolean {
  if (special?.test(value)) return true;
  const numberOf = (text: string): number => {
    const index = names.indexOf(text);
    return index >= 0 ? index + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  };
  const isIn = (text: string) => numberOf(text) >= min && numberOf(text) <= max;
  return value.split(',').every((part) => {
    const [range = '', step, ...rest] = part.split('/');
    const isStep = step === undefined || (/^[1-9]\d*$/.test(step) && Number(step) <= max);
    const ends = range.split('-');
    return rest.length === 0 && isStep && (range === '*' || (ends.length <= 2 && ends.every(isIn)));
  });
}
