import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMessage, parseWakeUp, toMessageBody } from '../../lambdas/aws/message.ts';
import type { Invocation } from '../../lambdas/domain/invocation.ts';

const invocation: Invocation = {
  functionName: 'loose',
  invocationId: 'i-1',
  requestId: 'request-1',
  tenant: 'tenant-1',
  submitTime: 1,
  dueTime: 2,
  startDeadline: 3,
  attempt: 0,
  payload: { text: '{"a":"\ufffe\uffff\u0001\\ud800"}' },
  config: { maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 60, destinations: { onFailure: 'arn' } },
};

const endId = 'i-7f9c24e5-2f63-4b1a-9a51-1f0d3c1f7a10';

describe('a message', () => {
  test.each([
    ['a trace of a number', { trace: { traceparent: 1 } }],
    ['a trace with another header', { trace: { host: 'x' } }],
    ['a number that no clock has', { submitTime: 1e300 }],
    ['an object of another function', { payload: { objectKey: 'payloads/other/a/b' } }],
    ['a destination that is no text', { config: { ...invocation.config, destinations: { onFailure: {} } } }],
  ])('of an invocation is dropped if it has %s', (_, fields) => {
    expect(parseMessage(JSON.stringify({ invocation: { ...invocation, ...fields } }))).toBeUndefined();
  });

  test('of an invocation is read without fields that no invocation has, so that its successor does not grow', () => {
    const body = JSON.stringify({ invocation: { ...invocation, numbers: [1e20] } });
    expect(parseMessage(body)).toEqual({ kind: 'invocation', invocation });
  });

  test('about a task says which, and nothing else', () => {
    const body = toMessageBody({
      kind: 'wakeUp',
      key: { functionName: 'echo', taskId: 'a', ...{ tenant: 't' } },
    });
    expect(body).toBe('{"functionName":"echo","taskId":"a"}');
    expect(parseWakeUp(body)).toEqual({ functionName: 'echo', taskId: 'a' });
  });

  test('about a kept end says which, and nothing else', () => {
    const key = { functionName: 'echo', endId };
    const body = toMessageBody({ kind: 'keptEnd', key: { ...key, ...{ status: 'Succeeded' } } });
    expect(body).toBe(`{"functionName":"echo","endId":"${endId}"}`);
    expect(parseMessage(body)).toEqual({ kind: 'keptEnd', key });
    expect(parseWakeUp(body)).toBeUndefined();
    const rowKey = { functionName: 'echo', taskId: `!${endId}` };
    expect(toMessageBody({ kind: 'wakeUp', key: rowKey }), 'as an index has it').toBe(body);
  });

  test('of an invocation comes out as it went in, and has no character that SQS refuses', () => {
    const message = { kind: 'invocation', invocation } as const;
    const body = toMessageBody(message);
    expect(body).not.toMatch(/[\ufffe\uffff]/);
    expect(parseMessage(body)).toEqual(message);
    expect(parseWakeUp(body)).toBeUndefined();
  });

  test.each([
    'hello',
    '',
    'null',
    '[]',
    '{}',
    '{"functionName":"a b","taskId":"c"}',
    '{"functionName":"a","taskId":"1"}',
    '{"invocation":true}',
    '{"invocation":{"functionName":"a","invocationId":"i"}}',
    JSON.stringify({ invocation: { ...invocation, functionName: 'a#b' } }),
    '{"ended":{"functionName":"a","taskId":"b","status":"Succeeded","isInvocation":true}}',
    '{"functionName":"a","endId":"b"}',
    JSON.stringify({ functionName: 'a', endId: `${endId}.1` }),
    JSON.stringify({ functionName: 'a#!i', endId }),
    JSON.stringify({ functionName: 'a', endId: { toString: 1 } }),
  ])('of others is none: %s', (body) => {
    expect(parseMessage(body)).toBeUndefined();
  });

  test('of whatever else is none, and never an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (body) => {
          expect(() => parseMessage(body)).not.toThrow();
        },
      ),
    );
  });
});
