/** The states of a CloudWatch alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export const COMPARISONS = {
  GreaterThanThreshold: { sign: '>', words: 'greater than', holds: (a: number, b: number) => a > b },
  GreaterThanOrEqualToThreshold: {
    sign: '>=',
    words: 'greater than or equal to',
    holds: (a: number, b: number) => a >= b,
  },
  LessThanThreshold: { sign: '<', words: 'less than', holds: (a: number, b: number) => a < b },
  LessThanOrEqualToThreshold: {
    sign: '<=',
    words: 'less than or equal to',
    holds: (a: number, b: number) => a <= b,
  },
} as const;

export type Comparison = keyof typeof COMPARISONS;

export const MISSING_DATA = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

export type MissingData = (typeof MISSING_DATA)[number];

export interface AlarmRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
}

/** A period of an alarm; without a value where nothing was measured. */
export interface AlarmPeriod {
  readonly startMs: number;
  readonly value: number | undefined;
}

export interface Verdict {
  /** Undefined: the alarm keeps the state that it has. */
  readonly state: AlarmState | undefined;
  /** The values that decided, newest first. */
  readonly decisive: readonly AlarmPeriod[];
  /** How many missing ones were taken for values. */
  readonly filled: number;
}

/** So many more periods than it evaluates CloudWatch looks at, to do with fewer missing ones ("evaluation range"). */
export const EXTRA_PERIODS = 2;

/**
 * Judges an alarm by its latest periods, newest first, as CloudWatch does (Amazon CloudWatch User Guide, "Configuring
 * how CloudWatch alarms treat missing data"): by the newest that have a value, and only where these are too few do
 * missing ones count as the alarm wants it.
 */
export function judge(rule: AlarmRule, periods: readonly AlarmPeriod[]): Verdict {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const measured = periods.filter(({ value }) => value !== undefined);
  const decisive = measured.slice(0, evaluationPeriods);
  const breaching = decisive.filter((period) => isBreaching(rule, period)).length;
  const missing = evaluationPeriods - decisive.length;
  const filled = missingData === 'breaching' || missingData === 'notBreaching' ? missing : 0;
  const verdict = (state: AlarmState | undefined): Verdict => ({ state, decisive, filled });
  if (breaching >= datapointsToAlarm) return verdict('ALARM');
  if (missingData === 'breaching') {
    return verdict(breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK');
  }
  if (missingData === 'notBreaching') return verdict('OK');
  if (measured.length === 0) return verdict(missingData === 'ignore' ? undefined : 'INSUFFICIENT_DATA');
  if (missing > 0 && isPremature(rule, periods))
    return verdict(missingData === 'ignore' ? undefined : 'ALARM');
  return verdict('OK');
}

export function isBreaching({ comparison, threshold }: AlarmRule, { value }: AlarmPeriod): boolean {
  return value !== undefined && COMPARISONS[comparison].holds(value, threshold);
}

/** All that was measured breaches, and began to so long ago that more of it would have raised the alarm. */
function isPremature(rule: AlarmRule, periods: readonly AlarmPeriod[]): boolean {
  const measured = periods.filter(({ value }) => value !== undefined);
  const oldest = periods.findLastIndex(({ value }) => value !== undefined);
  return measured.every((period) => isBreaching(rule, period)) && oldest + 1 >= rule.datapointsToAlarm;
}
