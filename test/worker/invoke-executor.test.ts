import { beforeEach, describe, expect, test } from 'vitest';
import { TargetFunction } from '../../lambdas/aws/target-function.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { invokeExecutor } from '../../lambdas/worker/invoke-executor.ts';
import { startTarget, TARGET_ARN, type TargetReply } from '../aws/target.ts';

let reply: TargetReply = {};
const payloads: string[] = [];
const { endpoint } = await startTarget((payload) => {
  payloads.push(payload);
  return reply;
});
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL_LAMBDA: endpoint,
});
// The client as it is deployed, which reads the endpoint when it is made.
const { lambda } = await import('../../lambdas/aws/lambda-client.ts');
const execute = invokeExecutor(new TargetFunction({ client: lambda, arn: TARGET_ARN }));

const run = (signal = new AbortController().signal) => execute('{"n":1}', { signal } as TaskContext);

beforeEach(() => {
  payloads.length = 0;
});

test('gives the existing function the payload and takes its answer', async () => {
  reply = { body: { done: true } };
  expect(await run()).toEqual({ isSuccess: true, resultText: '{"done":true}' });
  expect(payloads).toEqual(['{"n":1}']);
});

const functionError = { 'x-amz-function-error': 'Unhandled' };

test.each([
  ['HandledInvocationError', { errorType: 'RangeError', errorMessage: 'no', trace: ['at a', 'at b'] }],
  ['UnhandledInvocationError', { errorType: 'Runtime.ExitError', errorMessage: 'exit 1' }],
  [
    'UnhandledInvocationError',
    { errorType: 'Error', errorMessage: '2026-01-01 Task timed out after 2.00 seconds' },
  ],
])('what it reports is a failure of kind %s', async (kind, body) => {
  reply = { headers: functionError, body };
  const { errorType, errorMessage } = body;
  expect(await run()).toMatchObject({ isSuccess: false, failure: { kind, errorType, errorMessage } });
});

describe('invokes it once and no more', () => {
  test.each<[string, TargetReply]>([
    ['when the connection is lost', { isLost: true }],
    ['when Lambda is away', { status: 503, body: { Message: 'away' } }],
    ['when Lambda throttles', { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' } }],
  ])('%s: the task is handed back', async (_, answer) => {
    reply = answer;
    expect(await run()).toMatchObject({ isSuccess: false, isHandedBack: true });
    expect(payloads).toHaveLength(1);
  });

  test('when it does not exist, which is a failure', async () => {
    reply = { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' } };
    expect(await run()).toMatchObject({ isSuccess: false, failure: { errorType: 'Target.NotInvoked' } });
    expect(payloads).toHaveLength(1);
  });

  test('and does not wait for it any more once the task must end', async () => {
    const stopping = new AbortController();
    reply = { body: 1 };
    const outcome = run(stopping.signal);
    stopping.abort();
    expect(await outcome).toMatchObject({ isSuccess: false, failure: { errorType: 'Target.NotInvoked' } });
  });
});
