import {
  type AlarmPeriod,
  type AlarmRule,
  type AlarmState,
  COMPARISONS,
  isBreaching,
  type Verdict,
} from './alarm-evaluation.ts';

/** Words a verdict as CloudWatch does. */
export function reasonOf(rule: AlarmRule, { state, decisive, filled }: Verdict, before: AlarmState): string {
  const { evaluationPeriods, datapointsToAlarm, comparison, threshold, missingData } = rule;
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${counted(evaluationPeriods, 'datapoint')} ${wasOrWere(evaluationPeriods)} unknown.`;
  }
  if (decisive.length === 0) {
    const treatedAs = missingData === 'breaching' ? 'Breaching' : 'NonBreaching';
    return `Threshold Crossed: no datapoints were received for ${counted(filled, 'period')} and ${counted(filled, 'missing datapoint')} ${wasOrWere(filled)} treated as [${treatedAs}].`;
  }
  const isAlarm = state === 'ALARM';
  const telling = decisive.filter((period) => isBreaching(rule, period) === isAlarm);
  const shown = (telling.length > 0 ? telling : decisive).map(pointText).join(', ');
  const least = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const transition = isAlarm ? `${before === 'ALARM' ? 'OK' : before} -> ALARM` : 'ALARM -> OK';
  return (
    `Threshold Crossed: ${telling.length} out of the last ${evaluationPeriods} datapoints [${shown}] ` +
    `${wasOrWere(telling.length)} ${isAlarm ? '' : 'not '}${COMPARISONS[comparison].words} the threshold (${decimal(threshold)}) ` +
    `(minimum ${counted(least, 'datapoint')} for ${transition} transition).`
  );
}

function pointText({ value = 0, startMs }: AlarmPeriod): string {
  const [date = '', time = ''] = new Date(startMs).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${decimal(value)} (${day}/${month}/${year.slice(2)} ${time.slice(0, 8)})`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function wasOrWere(count: number): string {
  return count === 1 ? 'was' : 'were';
}
