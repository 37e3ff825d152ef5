import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test, vi } from 'vitest';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { fromNextToken, type ListFilter, toNextToken } from '../../lambdas/http/next-token.ts';
import { apiHandler, type Operation } from '../../lambdas/http/operation.ts';
import { parseFields } from '../../lambdas/http/request.ts';
import { invokeFunctionFields, listAsyncTasksFields, taskFields } from '../../lambdas/http/schemas.ts';

function event(overrides: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/x',
    rawQueryString: '',
    headers: {},
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'd',
      domainPrefix: 'd',
      http: { method: 'GET', path: '/x', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
    ...overrides,
  };
}

async function answer(operation: Operation, overrides?: Partial<APIGatewayProxyEventV2>) {
  const logFault = vi.fn();
  const response: APIGatewayProxyStructuredResultV2 = await apiHandler({
    routeName: 'GetAsyncTask',
    access: () => ({ caller: 'someone' }),
    operation,
    logFault,
    callTimes: (act) => act(() => new Map([['Secrets Manager', 1.26]])),
  })(event(overrides));
  return { ...response, logFault };
}

const failing =
  (error: unknown): Operation =>
  async () => {
    throw error;
  };

describe('an error', () => {
  test.each([
    ['InvalidArgument', 400],
    ['EntityTooLarge', 400],
    ['PathNotSupported', 400],
    ['FunctionNotFound', 404],
    ['AliasNotFound', 404],
    ['AsyncTaskNotFound', 404],
    ['AsyncTaskAlreadyExists', 409],
    ['AsyncTaskFinished', 412],
    ['ResourceExhausted', 429],
    ['InternalServerError', 500],
    ['ServiceUnavailable', 503],
    ['InvocationTimeout', 504],
  ] as const)("%s is %d in the contract's shape", async (code, statusCode) => {
    const response = await answer(failing(new TaskModeError(code, 'words')));
    expect(response).toMatchObject({
      statusCode,
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-fc-request-id': 'JKJaXmPLvHcESHA=' },
    });
    expect(JSON.parse(response.body ?? '')).toEqual({
      Code: code,
      Message: 'words',
      RequestId: 'JKJaXmPLvHcESHA=',
    });
    const isFault = statusCode >= 500 && code !== 'InvocationTimeout';
    expect(response.logFault).toHaveBeenCalledTimes(isFault ? 1 : 0);
  });

  test('carries what it has to tell beside its message', async () => {
    const details = { taskId: 'a', isSamePayload: undefined, Code: 'mine' };
    const response = await answer(failing(new TaskModeError('AsyncTaskAlreadyExists', 'words', { details })));
    expect(JSON.parse(response.body ?? '')).toEqual({
      taskId: 'a',
      Code: 'AsyncTaskAlreadyExists',
      Message: 'words',
      RequestId: 'JKJaXmPLvHcESHA=',
    });
  });

  test('says when to come again where that is known, for browsers and for the FC SDK', async () => {
    const error = new TaskModeError('Throttling.User', 'words', { retryAfterSeconds: 3 });
    const response = await answer(failing(error));
    expect(response).toMatchObject({
      statusCode: 429,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-fc-request-id': 'JKJaXmPLvHcESHA=',
        'retry-after': '3',
        'x-acs-retry-after': '3',
      },
    });
    expect(JSON.parse(response.body ?? '')).toEqual({
      Code: 'Throttling.User',
      Message: 'words',
      RequestId: 'JKJaXmPLvHcESHA=',
    });
  });

  test('that nobody foresaw tells the caller nothing and the operator everything', async () => {
    const error = new Error('arn:aws:dynamodb:us-east-1:123456789012:table/secret');
    const response = await answer(failing(error));
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('arn:');
    expect(response.logFault).toHaveBeenCalledWith(expect.any(String), {
      requestId: 'JKJaXmPLvHcESHA=',
      error,
    });
  });
});

describe('the request id', () => {
  const ok: Operation = async () => ({ statusCode: 204 });

  test.each([
    ['what the caller sent', 'mine-1', 'mine-1'],
    ["API Gateway's own where the caller sent none", undefined, 'JKJaXmPLvHcESHA='],
    ["API Gateway's own where the caller's is too long", 'x'.repeat(129), 'JKJaXmPLvHcESHA='],
  ])('is %s', async (_, sent, expected) => {
    const response = await answer(ok, { headers: sent === undefined ? {} : { 'x-fc-request-id': sent } });
    expect(response).toEqual(
      expect.objectContaining({
        statusCode: 204,
        headers: expect.objectContaining({ 'x-fc-request-id': expected }),
      }),
    );
  });
});

test('the answer says what took how long, also that of a refusal', async () => {
  const timing = expect.stringMatching(/^total;dur=\d+\.\d, secretsmanager;dur=1\.3$/);
  const refusal = failing(new TaskModeError('InvalidArgument', 'words'));
  for (const operation of [async () => ({ statusCode: 204 }), refusal]) {
    expect((await answer(operation)).headers).toMatchObject({ 'server-timing': timing });
  }
});

test('a large answer is base64, so that it cannot grow beyond what Lambda returns', async () => {
  const body = { text: '"'.repeat(2_000_000) };
  const response = await answer(async () => ({ statusCode: 200, body }));
  expect(response.isBase64Encoded).toBe(true);
  expect(JSON.parse(Buffer.from(response.body ?? '', 'base64').toString())).toEqual(body);
  expect(JSON.stringify(response).length).toBeLessThan(6 * 1024 * 1024);
});

describe('fields of x-fc- and x-task-mode- headers', () => {
  const fields: Operation = async (request) => ({ statusCode: 200, body: request.fields });
  const refusal = (name: string, value: string) => ({
    Code: 'InvalidArgument',
    Message: `${name} must be a header, not a parameter of the query, got "${value}"`,
    RequestId: 'JKJaXmPLvHcESHA=',
  });

  test.each([
    ['x-fc-invocation-type', 'Async'],
    ['X-Fc-Invocation-Type', 'Async'],
    ['x-fc-async-task-id', 'mine'],
    ['x-fc-request-id', 'mine'],
    ['x-task-mode-tenant', 'someone'],
    ['X-TASK-MODE-x', ''],
  ])(
    'an x-fc- or x-task-mode- field in the query is refused, whatever the headers say: %s=%s',
    async (name, value) => {
      const operation = vi.fn(fields);
      const response = await answer(operation, {
        headers: { 'x-fc-invocation-type': 'Sync', 'x-fc-async-task-id': 'other' },
        queryStringParameters: { qualifier: 'LATEST', [name]: value },
      });
      expect(response.statusCode).toBe(400);
      expect(JSON.parse(response.body ?? '')).toEqual(refusal(name, value));
      expect(operation).not.toHaveBeenCalled();
    },
  );

  test('x-fc- and x-task-mode- headers are fields in any case, and no other header is one', async () => {
    const response = await answer(fields, {
      headers: { 'X-Fc-Async-Task-Id': 'mine', 'x-task-mode-tenant': 'someone', limit: '7', prefix: 'p' },
      queryStringParameters: { limit: '8', 'x-fc': 'no prefix' },
    });
    expect(JSON.parse(response.body ?? '')).toEqual({
      'x-fc-async-task-id': 'mine',
      'x-task-mode-tenant': 'someone',
      limit: '8',
      'x-fc': 'no prefix',
    });
  });
});

describe('a body', () => {
  const echo: Operation = async ({ body }) => ({ statusCode: 200, body: { body } });

  test.each([
    ['text', { body: '{"é":1}' }, '{"é":1}'],
    ['base64', { body: Buffer.from('{"é":1}').toString('base64'), isBase64Encoded: true }, '{"é":1}'],
    ['absent', {}, ''],
  ])('that is %s is read', async (_, overrides, body) => {
    expect(JSON.parse((await answer(echo, overrides)).body ?? '')).toEqual({ body });
  });

  test('that is no UTF-8 is refused', async () => {
    const body = Buffer.from([0x22, 0xff, 0x22]).toString('base64');
    expect(await answer(echo, { body, isBase64Encoded: true })).toMatchObject({ statusCode: 400 });
  });
});

const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TaskModeError && error.code === 'InvalidArgument') return error.message;
    throw error;
  }
  return 'taken';
};

const ASYNC = { functionName: 'echo', 'x-fc-invocation-type': 'Async' };

describe('InvokeFunction', () => {
  const parse = (fields: Record<string, string>) => parseFields(invokeFunctionFields, fields);

  test('is synchronous by default, and answers no log', () => {
    expect(parse({ functionName: 'echo' })).toEqual({
      functionName: 'echo',
      'x-fc-invocation-type': 'Sync',
      'x-fc-log-type': 'None',
    });
  });

  test.each([
    ['Async', 'Async'],
    ['async', 'Async'],
    ['SYNC', 'Sync'],
  ])('takes the invocation type %s', (type, taken) => {
    expect(parse({ ...ASYNC, 'x-fc-invocation-type': type })).toMatchObject({
      'x-fc-invocation-type': taken,
    });
  });

  test('takes the log type in any case', () => {
    expect(parse({ functionName: 'echo', 'x-fc-log-type': 'tail' })).toMatchObject({
      'x-fc-log-type': 'Tail',
    });
  });

  test.each([
    ['x-fc-async-task-id', 'a'],
    ['x-fc-stateful-async-invocation-id', 'a'],
    ['x-fc-async-delay', '0'],
    ['x-task-mode-on-duplicate', 'refuse'],
  ])('refuses %s in a synchronous invocation, which would be no task', (name, value) => {
    expect(message(() => parse({ functionName: 'echo', [name]: value }))).toBe(
      `${name} must be absent from a synchronous invocation, which the contract has where x-fc-invocation-type is not Async, got "${value}"`,
    );
  });

  test.each([
    [
      { ...ASYNC, 'x-fc-invocation-type': 'Later' },
      'x-fc-invocation-type must be one of Sync, Async, got "Later"',
    ],
    [{ ...ASYNC, 'x-fc-invocation-type': '' }, 'x-fc-invocation-type must be one of Sync, Async, got ""'],
    [{ functionName: 'echo', 'x-fc-log-type': 'All' }, 'x-fc-log-type must be one of None, Tail, got "All"'],
    [
      { ...ASYNC, 'x-fc-async-task-id': '1st' },
      'x-fc-async-task-id must have 1 to 128 characters, starting with a letter or _ and of letters, digits, _ and - only, got "1st"',
    ],
    [{ ...ASYNC, 'x-fc-async-task-id': '' }, 'x-fc-async-task-id must have 1 to 128 characters'],
    [{ ...ASYNC, 'x-fc-async-task-id': 'x'.repeat(129) }, 'x-fc-async-task-id must have 1 to 128 characters'],
    [
      { ...ASYNC, 'x-fc-async-delay': '604801' },
      'x-fc-async-delay must be a whole number of seconds from 0 to 604800, got "604801"',
    ],
    [
      { ...ASYNC, 'x-fc-async-delay': '-1' },
      'x-fc-async-delay must be a whole number of seconds from 0 to 604800, got "-1"',
    ],
    [
      { ...ASYNC, 'x-fc-async-delay': '1.5' },
      'x-fc-async-delay must be a whole number of seconds from 0 to 604800, got "1.5"',
    ],
    [{ ...ASYNC, 'x-fc-async-delay': '1e2' }, 'got "1e2"'],
    [{ ...ASYNC, 'x-fc-async-delay': '' }, 'got ""'],
    [
      { ...ASYNC, 'x-task-mode-tenant': 'two words' },
      'x-task-mode-tenant must have 1 to 128 printable ASCII characters and no spaces, got "two words"',
    ],
    [{ ...ASYNC, 'x-task-mode-tenant': '' }, 'got ""'],
    [{ ...ASYNC, 'x-task-mode-tenant': 'é' }, 'x-task-mode-tenant must have 1 to 128'],
    [{ ...ASYNC, 'x-task-mode-tenant': 'x'.repeat(129) }, 'x-task-mode-tenant must have 1 to 128'],
    [
      { ...ASYNC, 'x-task-mode-on-duplicate': 'ignore' },
      'x-task-mode-on-duplicate must be one of refuse, return, got "ignore"',
    ],
    [
      { ...ASYNC, functionName: 'a b' },
      'functionName must have 1 to 64 characters, starting with a letter or _ and of letters, digits, _ and - only, got "a b"',
    ],
    [{ ...ASYNC, functionName: 'a#b' }, 'functionName must have'],
  ])('%o is refused', (fields, wanted) => {
    expect(message(() => parse(fields))).toContain(wanted);
  });
});

describe('ListAsyncTasks', () => {
  const parse = (fields: Record<string, string>) =>
    parseFields(listAsyncTasksFields, { functionName: 'echo', ...fields });

  test('is newest first, twenty tasks, without payloads by default', () => {
    expect(parse({})).toMatchObject({ sortOrderByTime: 'desc', limit: 20, includePayload: 'false' });
  });

  test('knows Dequeued as another word for Processed', () => {
    expect(parse({ status: 'Dequeued' }).status).toBe('Processed');
  });

  test.each([
    [
      { status: 'Done' },
      'status must be one of Enqueued, Processed, Running, Retrying, Stopping, Succeeded, Failed, Stopped, Expired, Invalid, got "Done"',
    ],
    [{ status: 'constructor' }, 'status must be one of'],
    [{ limit: '0' }, 'limit must be a whole number from 1 to 100, got "0"'],
    [{ limit: '101' }, 'limit must be a whole number from 1 to 100, got "101"'],
    [{ limit: 'many' }, 'limit must be a whole number from 1 to 100, got "many"'],
    [{ sortOrderByTime: 'up' }, 'sortOrderByTime must be one of asc, desc, got "up"'],
    [{ includePayload: 'yes' }, 'includePayload must be one of true, false, got "yes"'],
    [{ prefix: 'a b' }, 'prefix must be the beginning of a task id, got "a b"'],
    [
      { startedTimeBegin: 'yesterday' },
      'startedTimeBegin must be a whole number of milliseconds since 1970 from 0 to 999999999999999, got "yesterday"',
    ],
    [{ startedTimeEnd: '-5' }, 'startedTimeEnd must be'],
  ])('%o is refused', (fields, wanted) => {
    expect(message(() => parse(fields))).toContain(wanted);
  });
});

test.each(['', '1st', 'a b', '../x', 'ü'])('task id "%s" in a path is refused', (taskId) => {
  expect(message(() => parseFields(taskFields, { functionName: 'echo', taskId }))).toContain(
    'taskId must have',
  );
});

describe('nextToken', () => {
  const filter: ListFilter = {
    functionName: 'echo',
    status: 'Failed',
    prefix: 'a',
    startedTimeBegin: 0,
    startedTimeEnd: 2_000_000_000_000,
    sortOrderByTime: 'desc',
  };
  const key = '001795510275000#task-1';

  test('leads back to its place', () => {
    expect(fromNextToken(toNextToken(key, filter), filter)).toBe(key);
  });

  test.each([undefined, ''])('%o is the first page', (token) => {
    expect(fromNextToken(token, filter)).toBeUndefined();
  });

  test('of the last page is absent', () => {
    expect(toNextToken(undefined, filter)).toBeUndefined();
  });

  test.each([
    ['another function', { functionName: 'echo2' }],
    ['another status', { status: undefined }],
    ['another prefix', { prefix: 'b' }],
    ['another beginning', { startedTimeBegin: 1 }],
    ['another end', { startedTimeEnd: 1_999_999_999_999 }],
    ['another order', { sortOrderByTime: 'asc' }],
  ])('of %s is refused', (_, other) => {
    const token = toNextToken(key, { ...filter, ...other });
    expect(message(() => fromNextToken(token, filter))).toContain(
      'nextToken must be the nextToken of the page before',
    );
  });

  test.each(['x', 'AAAA', '%%%', Buffer.from('a.b').toString('base64url')])('%s is refused', (token) => {
    expect(message(() => fromNextToken(token, filter))).toContain('nextToken must be');
  });

  test('whose place is outside the list is refused, though it is bound to the right filter', () => {
    const outside = toNextToken('002000000000001#task-1', filter);
    expect(message(() => fromNextToken(outside, filter))).toContain('nextToken must be');
  });
});
