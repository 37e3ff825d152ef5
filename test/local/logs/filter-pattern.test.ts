import { describe, expect, test } from 'vitest';
import { lineFilter } from '../../../local/logs/filter-pattern.ts';

describe('a filter pattern', () => {
  test.each([
    ['{ $.a = "x" }', '{"a":"x"}', true],
    ['{ $.a = "x" }', '{"a":"xx"}', false],
    ['{ $.a = "x" }', '{"b":"x"}', false],
    ['{$.a="x"}', '{"a":"x"}', true],
    ['{ $.a = "x" }', 'a is x', false],
    ['{ $.a = "x" }', '{"a":"x"', false],
    ['{ $.a.b = "x" }', '{"a":{"b":"x"}}', true],
    ['{ $.a = "plat*" }', '{"a":"platform.x"}', true],
    ['{ $.a = "a.c" }', '{"a":"abc"}', false],
    ['{ $.a = "a\\"b" }', '{"a":"a\\"b"}', true],
    ['{ $.a = 7 }', '{"a":7}', true],
    ['{ $.a = 7 }', '{"a":"7"}', false],
    ['{ ($.a = "x") || ($.b = "y") }', '{"b":"y"}', true],
    ['{ ($.a = "x") && ($.b = "y") }', '{"b":"y"}', false],
    ['{ $.a = "x" && $.b = "y" || $.c = "z" }', '{"c":"z"}', true],
    ['{ $.a = "x" && ($.b = "y" || $.c = "z") }', '{"c":"z"}', false],
  ])('%s of %s is %s', (pattern, line, matches) => {
    expect(lineFilter(pattern)(line)).toBe(matches);
  });

  test.each([
    'ERROR',
    '"a phrase"',
    '{ $.a != "x" }',
    '{ $.a > 5 }',
    '{ $.a = "x" ',
    '{ $.a }',
    '{ }',
    '{ $.a = "x" } more',
    '{ $.a[0] = "x" }',
    '[w1, w2]',
    '%regex%',
  ])('is refused where it cannot be done here: %s', (pattern) => {
    expect(() => lineFilter(pattern)).toThrow(/filterPattern is .* want \{/);
  });
});
