import { describe, expect, test } from 'vitest';
import { readEventPattern } from '../../local/events/event-pattern.ts';
import type { Json, JsonObject } from '../../local/json.ts';

const event = (detail: JsonObject, more: JsonObject = {}): JsonObject => ({
  source: 'task-mode',
  'detail-type': 'Task Succeeded',
  resources: ['arn:a', 'arn:b'],
  detail,
  ...more,
});

const matches = (pattern: Json, of: JsonObject) => readEventPattern(pattern)(of);

describe('a pattern', () => {
  const CASES: [string, Json, JsonObject, boolean][] = [
    ['a value of the list', { source: ['task-mode', 'other'] }, event({}), true],
    ['none of the list', { source: ['other'] }, event({}), false],
    ['all its fields', { source: ['task-mode'], 'detail-type': ['Task Failed'] }, event({}), false],
    ['one entry of a list in the event', { resources: ['arn:b'] }, event({}), true],
    ['no entry', { resources: ['arn:c'] }, event({}), false],
    ['a list without entries', { resources: ['arn:a'] }, event({}, { resources: [] }), false],
    ['numbers by value', { detail: { n: [1] } }, event({ n: 1.0 }), true],
    ['no text for a number', { detail: { n: [1] } }, event({ n: '1' }), false],
    ['null', { detail: { n: [null] } }, event({ n: null }), true],
    ['a missing field by null', { detail: { n: [null] } }, event({}), false],
    ['booleans', { detail: { on: [true] } }, event({ on: true }), true],
    ['at any depth', { detail: { a: { b: { c: ['x'] } } } }, event({ a: { b: { c: 'x', d: 1 } } }), true],
    [
      'a list of objects by one',
      { detail: { a: { b: ['x'] } } },
      event({ a: [{ b: 'y' }, { b: 'x' }] }),
      true,
    ],
    ['a text where an object is wanted', { detail: { a: { b: ['x'] } } }, event({ a: 'x' }), false],
    ['a prefix', { source: [{ prefix: 'task-' }] }, event({}), true],
    ['another prefix', { source: [{ prefix: 'mode' }] }, event({}), false],
    ['a prefix of no text', { detail: { n: [{ prefix: '1' }] } }, event({ n: 12 }), false],
    ['a suffix', { source: [{ suffix: '-mode' }] }, event({}), true],
    ['whatever the case', { source: [{ 'equals-ignore-case': 'TASK-Mode' }] }, event({}), true],
    ['what is there', { detail: { n: [{ exists: true }] } }, event({ n: null }), true],
    ['what is not there', { detail: { n: [{ exists: true }] } }, event({}), false],
    ['what must not be there', { detail: { n: [{ exists: false }] } }, event({}), true],
    ['what must not be there, and is', { detail: { n: [{ exists: false }] } }, event({ n: 0 }), false],
    ['what is missing with all above it', { detail: { a: { b: [{ exists: false }] } } }, event({}), true],
    ['anything but a value', { source: [{ 'anything-but': 'other' }] }, event({}), true],
    ['anything but this value', { source: [{ 'anything-but': ['x', 'task-mode'] }] }, event({}), false],
    ['anything but, of nothing', { detail: { n: [{ 'anything-but': 1 }] } }, event({}), false],
    ['a number', { detail: { n: [{ numeric: ['=', 5] }] } }, event({ n: 5 }), true],
    ['a range', { detail: { n: [{ numeric: ['>', 0, '<=', 5] }] } }, event({ n: 5 }), true],
    ['out of a range', { detail: { n: [{ numeric: ['>', 0, '<', 5] }] } }, event({ n: 5 }), false],
    ['no number', { detail: { n: [{ numeric: ['<', 5] }] } }, event({ n: '1' }), false],
    ['a value or an operator', { detail: { n: ['x', { numeric: ['<', 5] }] } }, event({ n: 1 }), true],
  ];

  test.each(CASES)('matches %s', (_, pattern, of, expected) => {
    expect(matches(pattern, of)).toBe(expected);
  });

  test.each<[Json, string]>([
    [{}, 'at least one field'],
    ['x', 'must be an object'],
    [{ source: 'task-mode' }, 'source must be an object or a list, got "task-mode"'],
    [{ source: [] }, 'source must list at least one value'],
    [{ source: [['x']] }, 'source lists ["x"]: want a value'],
    [
      { source: [{ wildcard: '*' }] },
      'source has {"wildcard":"*"}: the local runtime matches prefix, suffix',
    ],
    [{ source: [{ prefix: 'a', suffix: 'b' }] }, 'the local runtime matches'],
    [{ source: [{ prefix: { 'equals-ignore-case': 'a' } }] }, 'source.prefix is'],
    [{ source: [{ 'anything-but': { prefix: 'a' } }] }, 'source.anything-but is'],
    [{ detail: { n: [{ exists: 'yes' }] } }, 'detail.n.exists is "yes": want true or false'],
    [{ detail: { n: [{ numeric: ['~', 1] }] } }, 'detail.n.numeric is'],
    [{ detail: { n: [{ numeric: ['<'] }] } }, 'want one or two comparisons'],
    [{ $or: [{ source: ['x'] }] }, '$or is not matched by the local runtime'],
  ])('that cannot be matched is refused: %j', (pattern, message) => {
    expect(() => readEventPattern(pattern)).toThrow(message);
  });
});
