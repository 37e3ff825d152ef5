import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMessage, parseWakeUp, toMessageBody } from '../../lambdas/aws/message.ts';
import { endedInvocation, type Invocation } from '../../lambdas/domain/invocation.ts';

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

const ended = endedInvocation(invocation, { status: 'Expired', attempt: 0, now: 5 });

describe('a message', () => {
  test('about a task says which, and nothing else', () => {
    const body = toMessageBody({
      kind: 'wakeUp',
      key: { functionName: 'echo', taskId: 'a', ...{ tenant: 't' } },
    });
    expect(body).toBe('{"functionName":"echo","taskId":"a"}');
    expect(parseWakeUp(body)).toEqual({ functionName: 'echo', taskId: 'a' });
  });

  test.each([
    ['an invocation', { kind: 'invocation', invocation } as const],
    ['an end', { kind: 'end', ended } as const],
  ])('of %s comes out as it went in, and has no character that SQS refuses', (_, message) => {
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
    '{"ended":{"functionName":"a","taskId":"b"}}',
    JSON.stringify({ ended: { ...ended, status: 'Running' } }),
    JSON.stringify({ ended: { ...ended, isInvocation: undefined } }),
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
