import { describe, expect, it } from 'vitest';
import { type AlarmRule, judge, type MissingData } from '../../../local/monitoring/alarm-evaluation.ts';
import { reasonOf } from '../../../local/monitoring/alarm-reason.ts';

const RULE: AlarmRule = {
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 5,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  missingData: 'missing',
};

/** A history as the user guide draws it, oldest first: `0 - X - X`. */
function periodsOf(drawn: string) {
  const values: Record<string, number | undefined> = { '0': 1, X: 7, '-': undefined };
  return drawn
    .split(' ')
    .reverse()
    .map((mark, index) => ({ startMs: 600_000 - index * 60_000, value: values[mark] }));
}

function stateOf(drawn: string, missingData: MissingData, datapointsToAlarm = 3) {
  return judge({ ...RULE, missingData, datapointsToAlarm }, periodsOf(drawn)).state ?? 'kept';
}

const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

describe('an alarm of 3 out of 3 periods', () => {
  it.each([
    ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 'INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', 'kept', 'ALARM', 'OK'],
    ['- - - X -', 'OK', 'OK', 'ALARM', 'OK'],
    ['X X X X X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['X X X X 0', 'OK', 'OK', 'OK', 'OK'],
  ])('judges %s as the user guide does', (drawn, ...states) => {
    expect(TREATMENTS.map((treatment) => stateOf(drawn, treatment))).toEqual(states);
  });
});

describe('an alarm of 2 out of 3 periods', () => {
  it.each([
    ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - X -', 'ALARM', 'kept', 'ALARM', 'OK'],
    ['X X 0 0 0', 'OK', 'OK', 'OK', 'OK'],
  ])('judges %s as the user guide does', (drawn, ...states) => {
    expect(TREATMENTS.map((treatment) => stateOf(drawn, treatment, 2))).toEqual(states);
  });
});

it.each([
  ['GreaterThanThreshold', [4, 5, 6], [false, false, true]],
  ['GreaterThanOrEqualToThreshold', [4, 5, 6], [false, true, true]],
  ['LessThanThreshold', [4, 5, 6], [true, false, false]],
  ['LessThanOrEqualToThreshold', [4, 5, 6], [true, true, false]],
] as const)('%s compares as its name says', (comparison, values, expected) => {
  const rule = { ...RULE, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 };
  expect(values.map((value) => judge(rule, [{ startMs: 0, value }]).state === 'ALARM')).toEqual(expected);
});

describe('the reason', () => {
  const worded = (drawn: string, missingData: MissingData, before: 'OK' | 'ALARM' = 'OK') => {
    const rule = { ...RULE, missingData, datapointsToAlarm: 2 };
    return reasonOf(rule, judge(rule, periodsOf(drawn)), before);
  };

  it('is worded as CloudWatch words it', () => {
    expect(worded('0 0 X X 0', 'notBreaching')).toBe(
      'Threshold Crossed: 2 out of the last 3 datapoints [7.0 (01/01/70 00:09:00), 7.0 (01/01/70 00:08:00)] were greater than or equal to the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition).',
    );
    expect(worded('0 0 X 0 0', 'notBreaching', 'ALARM')).toBe(
      'Threshold Crossed: 2 out of the last 3 datapoints [1.0 (01/01/70 00:10:00), 1.0 (01/01/70 00:09:00)] were not greater than or equal to the threshold (5.0) (minimum 2 datapoints for ALARM -> OK transition).',
    );
    expect(worded('- - - - -', 'notBreaching')).toBe(
      'Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching].',
    );
    expect(worded('- - - - -', 'missing')).toBe('Insufficient Data: 3 datapoints were unknown.');
  });
});
