import { Cron } from 'croner';

/** A cron expression that the local runtime cannot run. The message says what it wants. */
export class CronError extends Error {}

/** The six fields of AWS's expressions, each with its values: croner's own differ in the year, which AWS requires. */
const FIELDS = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day-of-month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day-of-week', min: 1, max: 7 },
  { name: 'year', min: 1970, max: 2199 },
] as const;

type Field = (typeof FIELDS)[number];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  month: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  'day-of-week': ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};

const MINUTE_MS = 60_000;

/** The times of a cron expression on a clock without a time zone. */
export class CronExpression {
  readonly #cron: Cron;

  /**
   * Reads the fields of `cron(…)`, as EventBridge's reference of cron expressions has them.
   * @throws CronError
   */
  constructor(text: string) {
    const values = text.trim().toUpperCase().split(/\s+/);
    if (values.length !== FIELDS.length) {
      throw new CronError(`six fields: ${FIELDS.map(({ name }) => name).join(', ')}`);
    }
    if ((values[2] === '?') === (values[4] === '?')) {
      throw new CronError('? in either day-of-month or day-of-week');
    }
    const pattern = ['0', ...FIELDS.map((field, index) => translated(values[index] ?? '', field))].join(' ');
    try {
      // Days of the week count from 1 for Sunday, as with Quartz.
      this.#cron = new Cron(pattern, {
        mode: '7-part',
        alternativeWeekdays: true,
        timezone: 'UTC',
        paused: true,
      });
    } catch (error) {
      throw new CronError(`fields that can be read: ${(error as Error).message}`);
    }
  }

  /** The first time after another, both as milliseconds of a clock that shows UTC; undefined when there is none. */
  next(afterMs: number): number | undefined {
    // Strictly after: croner looks at whole seconds.
    const from = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS;
    return this.#cron.nextRun(new Date(from + MINUTE_MS - 1000))?.getTime();
  }
}

/** One field in croner's words, which knows neither steps from a value nor ranges over the end. */
function translated(value: string, field: Field): string {
  const { name } = field;
  if (value === '?') return '*';
  if (name === 'day-of-month' && /^(L|LW|([1-9]|[12]\d|3[01])W)$/.test(value)) return value;
  if (name === 'day-of-week') {
    // The last day of the week.
    if (value === 'L') return '7';
    const [, day = '', rest = ''] = /^([1-7]|[A-Z]{3})(L|#[1-5])$/.exec(value) ?? [];
    if (rest !== '') return `${numberOf(day, field)}${rest}`;
  }
  return value
    .split(',')
    .map((part) => partOf(part, field))
    .join(',');
}

function partOf(part: string, field: Field): string {
  const { min, max, name } = field;
  const [range = '', step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))) {
    throw new CronError(`a step of a whole number from 1 on in ${name}, not "${part}"`);
  }
  const steps = step === undefined ? '' : `/${step}`;
  if (range === '*') return `${min}-${max}${steps}`;
  const [from, to, ...more] = range.split('-').map((text) => numberOf(text, field));
  if (from === undefined || more.length > 0) throw new CronError(`a range in ${name}, not "${part}"`);
  if (to === undefined) return step === undefined ? String(from) : `${from}-${max}${steps}`;
  if (from <= to) return `${from}-${to}${steps}`;
  return wrapped({ from, to, step: Number(step ?? 1) }, field);
}

/** A range over the end, such as 20-2 or FRI-MON, value by value. */
function wrapped(
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
  { min, max }: Field,
): string {
  const size = max - min + 1;
  const values: number[] = [];
  for (let value = from; value <= to + size; value += step) values.push(((value - min) % size) + min);
  return values.join(',');
}

function numberOf(text: string, { name, min, max }: Field): number {
  const index = NAMES[name]?.indexOf(text) ?? -1;
  const number = index >= 0 ? index + min : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) throw new CronError(`${name} of ${min}-${max}, not "${text}"`);
  return number;
}
