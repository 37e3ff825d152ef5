import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endKeyOf, endRowKey } from '../../lambdas/domain/kept-end.ts';
import { readKeptEnd, readTaskEnd } from '../../lambdas/domain/reported-end.ts';
import type { EndedTask } from '../../lambdas/domain/task.ts';
import { newTask } from '../aws/tasks.ts';

const NOW = 1_795_510_275_000;
const UUID = '7f9c24e5-2f63-4b1a-9a51-1f0d3c1f7a10';
const KEY = { functionName: 'attacker', endId: `i-${UUID}` };
const REDRIVEN = { functionName: 'attacker', endId: `r-${UUID}` };

const ended = (more: object = {}) => ({
  status: 'Succeeded',
  attempt: 1,
  endTime: NOW,
  requestId: 'request-1',
  config: { destinations: { onSuccess: 'arn:success' } },
  payload: { text: '1' },
  result: { text: '2' },
  ...more,
});

describe('the key of a kept end', () => {
  test('is found in an index entry, and no task has one like it', () => {
    expect(endKeyOf(endRowKey(KEY))).toEqual(KEY);
    for (const taskId of ['a', `i-${UUID}`, '!', '!a', `!i-${UUID}.1`, `!x-${UUID}`]) {
      expect(endKeyOf({ functionName: 'echo', taskId })).toBeUndefined();
    }
  });
});

describe('a kept end', () => {
  test('is of the function and the invocation that its key names, whatever it says', () => {
    const kept = readKeptEnd(
      KEY,
      ended({
        functionName: 'victim',
        taskId: 'payment_7',
        series: 9,
        isInvocation: false,
        waiter: { token: 't' },
      }),
      NOW,
    );
    expect(kept?.end).toEqual({
      functionName: 'attacker',
      taskId: KEY.endId,
      isInvocation: true,
      series: 1,
      status: 'Succeeded',
      attempt: 1,
      endTime: NOW,
      requestId: 'request-1',
      payload: { text: '1' },
      result: { text: '2' },
    });
  });

  test('of a series that is redriven has the id of its task', () => {
    const error = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' };
    const kept = readKeptEnd(REDRIVEN, ended({ taskId: 'a', series: 2, status: 'Failed', error }), NOW);
    expect(kept?.end).toMatchObject({ functionName: 'attacker', taskId: 'a', series: 2, error });
    expect(kept?.end).not.toHaveProperty('isInvocation');
  });

  test.each([
    ['a status that is no end', { status: 'Running' }],
    ['a status of another kind', { status: { S: 'Succeeded' } }],
    ['no attempt', { attempt: undefined }],
    ['an attempt that is no count', { attempt: 1.5 }],
    ['a time that is none', { endTime: 'now' }],
    ['no result', { result: undefined }],
    ['a text of more than 4 KB', { payload: { text: 'x'.repeat(4097) } }],
    ['no payload', { payload: null }],
    ["another function's payload", { payload: { objectKey: `payloads/victim/big_1/${UUID}` } }],
    ["another invocation's payload", { payload: { objectKey: `payloads/attacker/${KEY.endId}0` } }],
    ["another function's result", { result: { objectKey: `results/victim/!${KEY.endId}/x` } }],
    ["another end's result", { result: { objectKey: `results/attacker/!i-other/x` } }],
    ['a failure without an error', { status: 'Failed' }],
    [
      'a failure of no kind',
      { status: 'Failed', error: { kind: 'toString', errorType: 'E', errorMessage: 'm' } },
    ],
    ['a destination that is no text', { config: { destinations: { onSuccess: { S: 'arn' } } } }],
    ['a destination that is too long', { config: { destinations: { onSuccess: 'a'.repeat(1025) } } }],
  ])('is none with %s', (_what, more) => {
    expect(readKeptEnd(KEY, ended(more), NOW)).toBeUndefined();
  });

  test('of a redriven series is none without the id of a task', () => {
    for (const more of [{}, { taskId: '../a', series: 1 }, { taskId: 'a' }, { taskId: 'a', series: '1' }]) {
      expect(readKeptEnd(REDRIVEN, ended(more), NOW)).toBeUndefined();
    }
  });

  test('has texts within bounds, no time to come, and a trace that is one', () => {
    const error = {
      kind: 'HandledInvocationError',
      errorType: 'E'.repeat(999),
      errorMessage: 'm'.repeat(9999),
      stack: {},
    };
    const traceparent = `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`;
    const trace = { traceparent, tracestate: 'a=1\r\nhost: other', host: 'other' };
    const more = { status: 'Failed', error, endTime: NOW * 9, requestId: 'r'.repeat(9999), trace };
    const end = readKeptEnd(KEY, ended(more), NOW)?.end;
    expect(end).toMatchObject({ endTime: NOW, trace: { traceparent } });
    expect(Object.keys(end?.trace ?? {})).toEqual(['traceparent']);
    expect(end?.requestId.length).toBeLessThanOrEqual(256);
    expect(JSON.stringify(end).length).toBeLessThan(2500);
    expect(readKeptEnd(KEY, ended({ trace: { traceparent: 1, host: 'x' } }), NOW)?.end).not.toHaveProperty(
      'trace',
    );
  });

  test('is never an error, whatever its row holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({
            status: fc.anything(),
            config: fc.anything(),
            payload: fc.anything(),
            error: fc.anything(),
            trace: fc.anything(),
            attempt: fc.nat(),
            endTime: fc.nat(),
          }),
        ),
        (value) => {
          for (const key of [KEY, REDRIVEN]) expect(() => readKeptEnd(key, value, NOW)).not.toThrow();
        },
      ),
    );
  });
});

describe('the end of a task', () => {
  const task = (more: object) =>
    ({
      ...newTask({ functionName: 'attacker', taskId: 'row1' }),
      ...{ status: 'Succeeded', attempt: 1, endTime: NOW, result: { text: '1' } },
      ...more,
    }) as unknown as EndedTask;

  test('takes objects of that very task only', () => {
    const own = { objectKey: 'results/attacker/row1/run-1' };
    expect(readTaskEnd(task({ result: own }), NOW)).toMatchObject({ result: own });
    for (const objectKey of [
      'payloads/victim/big_1/s',
      'results/attacker/row10/r',
      'results/victim/row1/r',
    ]) {
      expect(readTaskEnd(task({ result: { objectKey } }), NOW)).toBeUndefined();
      expect(readTaskEnd(task({ payload: { objectKey } }), NOW)).toBeUndefined();
    }
  });

  test('is none if a field that its worker wrote is not what a worker writes', () => {
    for (const more of [{ endTime: 'x' }, { attempt: '1' }, { result: 'x' }, { status: 'Failed' }]) {
      expect(readTaskEnd(task(more), NOW)).toBeUndefined();
    }
  });
});
