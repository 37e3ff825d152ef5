import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { TargetFunction } from '../../lambdas/aws/target-function.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { invokeExecutor } from '../../lambdas/worker/invoke-executor.ts';
import { startTarget, TARGET_ARN, type TargetReply } from '../aws/target.ts';

let reply: TargetReply = {};
const payloads: string[] = [];
const { endpoint, connections } = await startTarget((payload) => {
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
])('an error that the function reports is a failure of kind %s', async (kind, body) => {
  reply = { headers: functionError, body };
  const { errorType, errorMessage } = body;
  expect(await run()).toMatchObject({ isSuccess: false, failure: { kind, errorType, errorMessage } });
});

describe('an existing function that has not run and may do so later', () => {
  const answer = (name: string, status: number, body: object = {}): TargetReply => ({
    status,
    headers: { 'x-amzn-errortype': name },
    body,
  });

  test.each<[string, TargetReply]>([
    [
      'TooManyRequestsException',
      answer('TooManyRequestsException', 429, { Reason: 'CallerRateLimitExceeded' }),
    ],
    ['a 429 of another name', answer('LimitYetToCome', 429)],
    ['ThrottlingException', answer('ThrottlingException', 400)],
    ['ResourceConflictException', answer('ResourceConflictException', 409)],
    ['CodeArtifactUserPendingException', answer('CodeArtifactUserPendingException', 409)],
    ['SnapStartNotReadyException', answer('SnapStartNotReadyException', 409)],
    ['SnapStartTimeoutException', answer('SnapStartTimeoutException', 408)],
    ['EFSMountTimeoutException', answer('EFSMountTimeoutException', 408)],
    ['ResourceNotReadyException', answer('ResourceNotReadyException', 502)],
    ['ENINotReadyException', answer('ENINotReadyException', 502)],
    ['ENILimitReachedException', answer('ENILimitReachedException', 502)],
    ['SubnetIPAddressLimitReachedException', answer('SubnetIPAddressLimitReachedException', 502)],
    ['EC2ThrottledException', answer('EC2ThrottledException', 502)],
  ])('an invocation that has not run is handed back: %s', async (_, refusal) => {
    reply = refusal;
    expect(await run()).toMatchObject({ isSuccess: false, isHandedBack: true });
    expect(payloads).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['ECONNREFUSED', { code: 'ECONNREFUSED' }],
    ['ENOTFOUND', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }],
    ['EAI_AGAIN', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }],
    ['ETIMEDOUT of connect', { code: 'ETIMEDOUT', syscall: 'connect', name: 'TimeoutError' }],
    [
      'ETIMEDOUT of each address',
      { code: 'ETIMEDOUT', errors: [{ code: 'ETIMEDOUT', syscall: 'connect' }, { code: 'EHOSTUNREACH' }] },
    ],
    ['no credentials', { name: 'CredentialsProviderError' }],
  ])('an invocation is handed back when Lambda could not be reached: %s', async (_, fields) => {
    const error = Object.assign(new Error('not connected'), fields);
    const client = { send: () => Promise.reject(error) } as unknown as typeof lambda;
    const unreachable = invokeExecutor(new TargetFunction({ client, arn: TARGET_ARN }));
    const outcome = await unreachable('1', { signal: new AbortController().signal } as TaskContext);
    expect(outcome).toEqual({ isSuccess: false, isHandedBack: true, cause: error });
  });

  test('an invocation is handed back when nothing listens at the endpoint, or no connection is made in time', async () => {
    // The first is a port that was free; a connection to the second, a network for documentation, is never answered.
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    const causes = await Promise.all(
      [`http://127.0.0.1:${port}`, 'http://192.0.2.1'].map(async (unreachable) => {
        const client = new LambdaClient({
          endpoint: unreachable,
          maxAttempts: 1,
          requestHandler: { connectionTimeout: 100 },
        });
        const executor = invokeExecutor(new TargetFunction({ client, arn: TARGET_ARN }));
        return executor('1', { signal: new AbortController().signal } as TaskContext);
      }),
    );
    expect(causes).toMatchObject([{ isHandedBack: true }, { isHandedBack: true }]);
  });
});

describe('an invocation whose answer was lost', () => {
  const lost = { kind: 'UnhandledInvocationError', errorType: 'Target.AnswerLost' };

  test.each<[string, TargetReply]>([
    ['the connection is reset', { isLost: true }],
    ['500 ServiceException', { status: 500, headers: { 'x-amzn-errortype': 'ServiceException' } }],
    ['502 without a name', { status: 502 }],
    ['503', { status: 503, body: { Message: 'away' } }],
    ['504', { status: 504 }],
  ])(
    'an invocation whose answer was lost is a failed attempt, and is not repeated: %s',
    async (_, answer) => {
      reply = answer;
      const outcome = await run();
      expect(outcome).toMatchObject({ isSuccess: false, failure: lost });
      expect(outcome).not.toHaveProperty('isHandedBack');
      expect(payloads).toHaveLength(1);
    },
  );

  test('an invocation is a failed attempt once its task must end', async () => {
    const stopping = new AbortController();
    reply = { body: 1 };
    const outcome = run(stopping.signal);
    stopping.abort();
    expect(await outcome).toMatchObject({ isSuccess: false, failure: lost });
  });
});

describe('an existing function that will not run as it is', () => {
  test.each([
    ['ResourceNotFoundException', 404, 'it does not exist'],
    ['AccessDeniedException', 403, 'the worker may not invoke it'],
    ['RequestTooLargeException', 413, 'too large'],
    ['UnsupportedMediaTypeException', 415, 'not JSON'],
    ['KMSAccessDeniedException', 502, 'access was denied'],
    ['KMSDisabledException', 502, 'the key is disabled'],
    ['KMSInvalidStateException', 502, 'the key is to be deleted'],
    ['KMSNotFoundException', 502, 'there is no key'],
    ['InvalidZipFileException', 502, 'no ZIP'],
    ['InvalidRuntimeException', 502, 'no runtime'],
    ['InvalidSecurityGroupIDException', 502, 'no group'],
    ['InvalidSubnetIDException', 502, 'no subnet'],
    ['EC2AccessDeniedException', 502, 'more permissions'],
    ['EFSMountFailureException', 403, 'no mount'],
    ['EFSIOException', 410, 'no file'],
    ['SnapStartException', 400, 'its hook failed'],
    ['CodeArtifactUserFailedException', 409, 'no user'],
    ['RefusalYetToCome', 400, 'no'],
  ])(
    'a function that will not run as it is fails the attempt by the name of AWS: %s',
    async (name, status, message) => {
      reply = { status, headers: { 'x-amzn-errortype': name }, body: { Message: message } };
      const outcome = await run();
      expect(outcome).toMatchObject({
        isSuccess: false,
        failure: {
          kind: 'UnhandledInvocationError',
          errorType: `Lambda.${name}`,
          errorMessage: `the existing function was not invoked: ${message}`,
        },
      });
      expect(outcome).not.toHaveProperty('isHandedBack');
      expect(payloads).toHaveLength(1);
    },
  );

  test('a failed attempt does not tell the names of resources and accounts', async () => {
    const Message = 'User: arn:aws:sts::123456789012:assumed-role/worker/x is not allowed';
    reply = { status: 502, headers: { 'x-amzn-errortype': 'KMSAccessDeniedException' }, body: { Message } };
    expect(await run()).toMatchObject({
      failure: {
        errorMessage: 'the existing function was not invoked: AWS Lambda answered KMSAccessDeniedException',
      },
    });
  });
});

test('every error that Invoke documents has a verdict', async () => {
  const documented = readFileSync(
    'node_modules/@aws-sdk/client-lambda/dist-types/commands/InvokeCommand.d.ts',
    'utf8',
  );
  const names = [...documented.matchAll(/@throws \{@link (\w+)\} \((client|server) fault\)/g)];
  expect(names.length).toBeGreaterThan(35);
  const source = readFileSync('lambdas/aws/invoke-error.ts', 'utf8');
  // A client fault without an entry is told by its status. What AWS calls its own fault has none that says whether it ran.
  for (const [, name = '', fault] of names) if (fault === 'server') expect(source).toContain(`  ${name}: '`);
});

test('an answer that is not JSON is a failed attempt', async () => {
  const answers = ['OK', '{"a":', '"half', 'NaN'].map(async (text) => {
    const client = {
      send: async () => ({ Payload: new TextEncoder().encode(text) }),
    } as unknown as typeof lambda;
    const executor = invokeExecutor(new TargetFunction({ client, arn: TARGET_ARN }));
    return executor('1', { signal: new AbortController().signal } as TaskContext);
  });
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatchObject({
      isSuccess: false,
      failure: {
        kind: 'UnhandledInvocationError',
        errorType: 'Runtime.MarshalError',
        errorMessage: expect.stringContaining('the result is not JSON: '),
      },
    });
  }
});

test('no connection is used for a second invocation, which could not tell its reset from a lost answer', async () => {
  reply = { body: 1 };
  const before = connections();
  await run();
  await run();
  expect(connections() - before).toBe(2);
});
