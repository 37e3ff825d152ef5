import { expect, test } from 'vitest';
import { failureDetail, failureOf, taskFailure } from '../../lambdas/domain/failure.ts';
import { checkedPayload } from '../../lambdas/domain/payload.ts';
import { backOffMs, eventAfterFailure } from '../../lambdas/domain/retry-policy.ts';
import {
  expiresAtOf,
  shardOf,
  sortKeyBounds,
  sortKeyOf,
  type Task,
  withEvent,
} from '../../lambdas/domain/task.ts';
import { byteLength, quoted, truncated } from '../../lambdas/domain/text.ts';

test('sort keys order by time first, then by id', () => {
  const keys = [sortKeyOf(9, 'z'), sortKeyOf(10, 'a'), sortKeyOf(10, 'b'), sortKeyOf(1_795_510_275_061, 'a')];
  expect([...keys].sort()).toEqual(keys);
});

test('the bounds of a time range hold its first and last milliseconds, whatever the ids', () => {
  const { low, high } = sortKeyBounds(5, 7);
  for (const id of ['-', '0', 'Z', '_', 'zzz']) {
    expect(sortKeyOf(5, id) >= low && sortKeyOf(7, id) <= high).toBe(true);
    expect(sortKeyOf(4, id) < low && sortKeyOf(8, id) > high).toBe(true);
  }
});

test('shards get about the same number of ids', () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let number = 0; number < 8000; number += 1) {
    const shard = shardOf(`task-${number}`, 8);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  for (const count of counts) expect(count).toBeGreaterThan(800);
});

test('a task is kept through its delay, its age and seven days', () => {
  const config = { maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 60 };
  expect(expiresAtOf(1_000_000, config)).toBe(1000 + 60 + 7 * 86_400);
});

test.each(['{"a":1}', '[]', '"text"', '0', 'null', ' {"spaces": "kept"} '])(
  'payload %s is taken as it is',
  (text) => {
    expect(checkedPayload(text)).toBe(text);
  },
);

test.each(['', '  \n'])('no payload (%j) is {}', (text) => {
  expect(checkedPayload(text)).toBe('{}');
});

test.each(['{', 'hello', "{'a':1}", 'NaN'])('payload %s is refused as no JSON', (text) => {
  expect(() => checkedPayload(text)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
});

test('a payload may have 1 MiB of UTF-8 bytes and not one more', () => {
  const ofBytes = (bytes: number) => JSON.stringify('é'.repeat((bytes - 2) / 2));
  expect(byteLength(checkedPayload(ofBytes(1_048_576)))).toBe(1_048_576);
  expect(() => checkedPayload(ofBytes(1_048_578))).toThrow(
    expect.objectContaining({
      code: 'EntityTooLarge',
      message: 'payload size exceeds maximum allowed size (1048576 bytes)',
    }),
  );
});

test.each([
  ['short', 10, 'short'],
  ['exactly10!', 10, 'exactly10!'],
  ['more than ten', 10, 'more th…'],
  ['ééééé', 10, 'ééééé'],
  ['éééééé', 10, 'ééé…'],
])('%s cut to %d bytes is %s', (text, bytes, cut) => {
  expect(truncated(text, bytes)).toBe(cut);
});

test.each([
  ['a 😀', 100, 'a �'],
  ['a 😀', 5, 'a �'],
  ['a long text 😀', 8, 'a lon…'],
])('%s without its last half of a character, cut to %d bytes, is %s', (whole, bytes, cut) => {
  expect(truncated(whole.slice(0, -1), bytes)).toBe(cut);
});

test('a failure is well-formed text, wherever user code has cut what it throws', () => {
  const error = Object.assign(new Error('cut here 😀'.slice(0, 10)), {
    name: '😀'.slice(1),
    stack: '  at 😀'.slice(0, 6),
  });
  const failure = failureOf('HandledInvocationError', error);
  expect(failure).toEqual({
    kind: 'HandledInvocationError',
    errorType: '�',
    errorMessage: 'cut here �',
    stack: 'at �',
  });
  expect(failureDetail({ ...failure, errorMessage: '😀'.repeat(1000).slice(1) }).isWellFormed()).toBe(true);
});

test('an error shows hostile values quoted and cut', () => {
  expect(quoted('x'.repeat(1000)).length).toBeLessThan(110);
  expect(quoted({ a: 1 })).toBe('"{"a":1}"');
  expect(quoted(undefined)).toBe('"undefined"');
});

test.each([
  [new RangeError('too far'), 'RangeError', 'too far'],
  ['text', 'string', 'text'],
  [undefined, 'undefined', 'undefined'],
  [null, 'object', 'null'],
  [Object.create(null), 'object', 'object'],
  [Object.assign(new Error('x'), { message: { odd: true } }), 'Error', '[object Object]'],
  [Symbol('s'), 'symbol', 'Symbol(s)'],
])('whatever is thrown becomes a failure: %o', (thrown, errorType, errorMessage) => {
  expect(failureOf('HandledInvocationError', thrown)).toMatchObject({
    kind: 'HandledInvocationError',
    errorType,
    errorMessage,
  });
});

test.each(['x'.repeat(9999), '"'.repeat(9999), '\n'.repeat(500), 'é'.repeat(600)])(
  "a failure's detail is JSON of at most 512 bytes, whatever its message",
  (message) => {
    const detail = failureDetail(taskFailure('HandledInvocationError', 'Error', message));
    expect(byteLength(detail)).toBeLessThanOrEqual(512);
    expect(JSON.parse(detail)).toMatchObject({ Error: 'HandledInvocationError', errorType: 'Error' });
  },
);

test('a failure tells where it was thrown, within its bound', () => {
  const { stack = '' } = failureOf('HandledInvocationError', new Error('deep'));
  expect(stack).toMatch(/^at .*task\.test\.ts/);
  expect(byteLength(stack)).toBeLessThanOrEqual(512);
});

test.each([
  [1, 0, 0],
  [1, 0.5, 500],
  [2, 0.5, 1000],
  [4, 1, 8000],
  [10, 1, 512_000],
  [11, 1, 900_000],
  [30, 1, 900_000],
])('after attempt %d, with the jitter at %d, the back-off is %d ms', (attempt, random, milliseconds) => {
  expect(backOffMs(attempt, random)).toBe(milliseconds);
});

test.each([
  [1, 0, 'fail'],
  [1, 3, 'retry'],
  [3, 3, 'retry'],
  [4, 3, 'fail'],
])('attempt %d of a task with %d retries leads to %s', (attempt, maxAsyncRetryAttempts, event) => {
  const config = { maxAsyncRetryAttempts, maxAsyncEventAgeInSeconds: 60 };
  const failure = taskFailure('HandledInvocationError', 'Error', 'x');
  expect(eventAfterFailure({ attempt, config }, failure)).toBe(event);
  expect(eventAfterFailure({ attempt, config }, { ...failure, isFinal: true })).toBe('fail');
});

test('a long history keeps its beginning and its latest, and counts what is between', () => {
  let history: Pick<Task, 'events' | 'droppedEvents'> = { events: [] };
  for (let timestamp = 1; timestamp <= 150; timestamp += 1) {
    history = withEvent(history, { status: 'Running', timestamp });
  }
  const times = history.events.map(({ timestamp }) => timestamp);
  expect(times).toHaveLength(100);
  expect(times.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(times.slice(20)).toEqual(Array.from({ length: 80 }, (_, index) => index + 71));
  expect(history.droppedEvents).toBe(50);
});
