import { type FunctionAlarmName, SEVERITIES, type Severity } from '../lambdas/domain/alarm-name.ts';
import type { SharedAlarmName, TriggerAlarmName } from './alarm-definitions.ts';

/** What of an alarm is to be other than its default. */
export interface AlarmSettings {
  /** @default - the alarm's own, in docs/runbook.md */
  readonly threshold?: number;
  /**
   * How many periods are looked at: 1 to 1,440.
   *
   * @default - the alarm's own
   */
  readonly evaluationPeriods?: number;
  /**
   * How many of these must breach.
   *
   * @default - the alarm's own where evaluationPeriods is not given, else all
   */
  readonly datapointsToAlarm?: number;
  /** @default - the alarm's own */
  readonly severity?: Severity;
}

/** Settings by alarm; `false` is none. */
export type FunctionAlarmSettings = { readonly [Name in FunctionAlarmName]?: AlarmSettings | false };

export type TriggerAlarmSettings = { readonly [Name in TriggerAlarmName]?: AlarmSettings | false };

export type SharedAlarmSettings = { readonly [Name in SharedAlarmName]?: AlarmSettings | false };

/** CloudWatch's limit: a day of minutes. */
const PERIODS_MAX = 1440;

/**
 * Checks the settings of alarms.
 * @throws Error naming the property, the value and what is wanted.
 */
export function checkAlarmSettings(
  where: string,
  settings: Readonly<Record<string, AlarmSettings | false>>,
  known: readonly string[],
): void {
  for (const [name, setting] of Object.entries(settings)) {
    const refuse = (property: string, wanted: string, got: unknown): never => {
      throw new Error(`${property} of ${where} must be ${wanted}, got ${got}`);
    };
    if (!known.includes(name)) refuse('every alarm', `one of ${known.join(', ')}`, `"${name}"`);
    if (setting === false) continue;
    const { threshold, evaluationPeriods, datapointsToAlarm, severity } = setting;
    if (threshold !== undefined && !(Number.isFinite(threshold) && threshold >= 0)) {
      refuse(`${name}.threshold`, 'a number from 0 on', threshold);
    }
    if (evaluationPeriods !== undefined && !isWhole(evaluationPeriods, PERIODS_MAX)) {
      refuse(`${name}.evaluationPeriods`, `a whole number from 1 to ${PERIODS_MAX}`, evaluationPeriods);
    }
    const periods = evaluationPeriods ?? PERIODS_MAX;
    if (datapointsToAlarm !== undefined && !isWhole(datapointsToAlarm, periods)) {
      refuse(`${name}.datapointsToAlarm`, `a whole number from 1 to ${periods}`, datapointsToAlarm);
    }
    if (severity !== undefined && !SEVERITIES.includes(severity)) {
      refuse(`${name}.severity`, `one of ${SEVERITIES.join(', ')}`, `"${severity}"`);
    }
  }
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
