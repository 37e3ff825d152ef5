import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../../local/workflows/expressions/choice-rule.ts';

const holds = (rule: object, input: unknown) =>
  parseCondition(rule as never, 'Choices[0]')({ input: input as never, context: { Name: 'run' } });

const DAY = '2026-01-02T03:04:05Z';

describe('a choice rule', () => {
  it.each<[object, unknown, boolean]>([
    [{ StringEquals: 'a' }, 'a', true],
    [{ StringEquals: 'a' }, 'b', false],
    [{ StringLessThan: 'b' }, 'a', true],
    [{ StringLessThanEquals: 'a' }, 'a', true],
    [{ StringGreaterThan: 'a' }, 'a', false],
    [{ StringGreaterThanEquals: 'a' }, 'a', true],
    [{ NumericEquals: 1 }, 1.0, true],
    [{ NumericLessThan: 10 }, 5, true],
    [{ NumericLessThan: 10 }, '5', false],
    [{ NumericGreaterThan: 0 }, true, false],
    [{ NumericGreaterThanEquals: 2 }, 2, true],
    [{ NumericLessThanEquals: 2 }, 3, false],
    [{ BooleanEquals: false }, false, true],
    [{ BooleanEquals: true }, 'true', false],
    [{ TimestampEquals: DAY }, '2026-01-02T04:04:05+01:00', true],
    [{ TimestampLessThan: DAY }, '2026-01-02T03:04:04.999Z', true],
    [{ TimestampGreaterThan: DAY }, 'yesterday', false],
    [{ StringMatches: 'log-*.txt' }, 'log-a/b\nc.txt', true],
    [{ StringMatches: 'log-*.txt' }, 'log-atxt', false],
    [{ StringMatches: 'a?c[d]' }, 'a?c[d]', true],
    [{ StringMatches: 'a?c' }, 'abc', false],
    [{ StringMatches: 'a\\*c' }, 'a*c', true],
    [{ StringMatches: 'a\\*c' }, 'abc', false],
    [{ StringMatches: '*' }, 5, false],
    [{ IsNull: true }, null, true],
    [{ IsNull: false }, 1, true],
    [{ IsString: true }, 'x', true],
    [{ IsString: false }, 'x', false],
    [{ IsNumeric: true }, '1', false],
    [{ IsBoolean: false }, 0, true],
    [{ IsTimestamp: true }, DAY, true],
    [{ IsTimestamp: true }, '2026-01-02', false],
    [{ IsPresent: true }, null, true],
    [{ IsPresent: false }, null, false],
  ])('%j of %j is %j', (operator, value, expected) => {
    expect(holds({ Variable: '$.v', ...operator }, { v: value })).toBe(expected);
  });

  it('knows what is absent', () => {
    expect(holds({ Variable: '$.v', IsPresent: false }, {})).toBe(true);
    expect(holds({ Variable: '$.v', IsPresent: true }, {})).toBe(false);
  });

  it('compares with another place of the input, or of the context object', () => {
    expect(holds({ Variable: '$.a', NumericLessThanPath: '$.b' }, { a: 1, b: 2 })).toBe(true);
    expect(holds({ Variable: '$.a', NumericLessThanPath: '$.b' }, { a: 1, b: '2' })).toBe(false);
    expect(holds({ Variable: '$.a', NumericEqualsPath: '$.b' }, { a: 'x', b: 'x' })).toBe(false);
    expect(holds({ Variable: '$$.Name', StringEqualsPath: '$.name' }, { name: 'run' })).toBe(true);
    expect(holds({ Variable: '$.a', TimestampGreaterThanEqualsPath: '$.b' }, { a: DAY, b: DAY })).toBe(true);
    expect(holds({ Variable: '$.a', BooleanEqualsPath: '$.b' }, { a: true, b: true })).toBe(true);
  });

  it('combines rules with And, Or and Not', () => {
    const [one, two] = [
      { Variable: '$.v', NumericEquals: 1 },
      { Variable: '$.v', NumericEquals: 2 },
    ];
    expect(holds({ And: [one, { Not: two }] }, { v: 1 })).toBe(true);
    expect(holds({ Or: [one, two] }, { v: 2 })).toBe(true);
    expect(holds({ Or: [one, two] }, { v: 3 })).toBe(false);
    expect(holds({ And: [one, two] }, { v: 1 })).toBe(false);
  });

  it('fails the state when there is nothing at its path', () => {
    expect(() => holds({ Variable: '$.v', NumericEquals: 1 }, {})).toThrow(
      "States.Runtime: Invalid path '$.v': The choice state's condition path references an invalid value.",
    );
  });

  it.each([
    [{ Variable: '$.v' }, 'want one operator'],
    [{ Variable: '$.v', NumericEquals: 1, StringEquals: 'a' }, 'want one operator'],
    [{ NumericEquals: 1 }, 'Choices[0].Variable is undefined: want a string'],
    [{ Variable: '$.v', NumericEquals: '1' }, 'NumericEquals is "1": want a value of the type Numeric'],
    [{ Variable: '$.v', TimestampEquals: 'now' }, 'want a value of the type Timestamp'],
    [{ Variable: '$.v', BooleanLessThan: true }, 'Choices[0].BooleanLessThan is no operator'],
    [{ Variable: '$.v', StringMatchesPath: '$.p' }, 'Choices[0].StringMatchesPath is no operator'],
    [{ Variable: '$.v', IsPresent: 'yes' }, 'want true or false'],
    [{ And: [] }, 'want a list of rules'],
    [{ Condition: '{% true %}' }, 'Choices[0].Condition is no operator'],
  ])('is refused when it is read: %j', (rule, message) => {
    expect(() => holds(rule, {})).toThrow(message);
  });
});
