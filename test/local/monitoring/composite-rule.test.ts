import { expect, it } from 'vitest';
import type { AlarmState } from '../../../local/monitoring/alarm-evaluation.ts';
import { alarmsOf, isRuleTrue, parseCompositeRule } from '../../../local/monitoring/composite-rule.ts';

const STATES: Record<string, AlarmState> = {
  a: 'ALARM',
  b: 'OK',
  'two words': 'INSUFFICIENT_DATA',
  'arn:aws:cloudwatch:us-east-1:000000000000:alarm:c': 'ALARM',
};

it.each([
  ['ALARM("a")', true],
  ['ALARM(a) AND ALARM(b)', false],
  ["ALARM(a) AND NOT ALARM('b')", true],
  ['ALARM(b) OR ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:c")', true],
  ['ALARM(b) AND ALARM(b) OR ALARM(a)', true],
  ['ALARM(b) AND (ALARM(b) OR ALARM(a))', false],
  ['INSUFFICIENT_DATA("two words") AND OK(b)', true],
  ['NOT (TRUE AND FALSE)', true],
])('%s is %s', (source, expected) => {
  const rule = parseCompositeRule(source);
  expect(rule && isRuleTrue(rule, (name) => STATES[name] ?? 'OK')).toBe(expected);
});

it.each(['', 'ALARM()', 'ALARM(a) ALARM(b)', '(ALARM(a)', 'ALARM(a) AND', 'SOMETIMES(a)', 'a'])(
  '%j is no rule',
  (source) => {
    expect(parseCompositeRule(source)).toBeUndefined();
  },
);

it('names its alarms', () => {
  const rule = parseCompositeRule('(ALARM(a) OR OK(b)) AND NOT ALARM("two words")');
  expect(rule && alarmsOf(rule)).toEqual(['a', 'b', 'two words']);
});
