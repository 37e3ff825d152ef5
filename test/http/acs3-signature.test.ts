import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { RouteName } from '../../lambdas/domain/operations.ts';
import { readSignedRequest } from '../../lambdas/http/acs3-signature.ts';
import { KEY, type Signed, signedEvent } from './signed.ts';

const GET: Signed = { operation: 'GetAsyncTask', parameters: { functionName: 'echo', taskId: 'video-1' } };

const isMade = (event: APIGatewayProxyEventV2, routeName: RouteName = 'GetAsyncTask') =>
  readSignedRequest(event, routeName).signature.isMadeWith(KEY.secret);

/** Why a request is refused before any key is looked up. */
function refusalOf(event: APIGatewayProxyEventV2, routeName: RouteName = 'GetAsyncTask'): string {
  try {
    readSignedRequest(event, routeName);
  } catch (error) {
    if (error instanceof TaskModeError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'taken';
}

/** A request that is changed on its way, after it was signed. */
const changed = (signed: Signed, change: Partial<APIGatewayProxyEventV2>) => ({
  ...signedEvent(signed),
  ...change,
});

const withHeaders = (signed: Signed, headers: Record<string, string | undefined>) => {
  const event = signedEvent(signed);
  const merged = Object.entries({ ...event.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...event, headers: Object.fromEntries(merged) };
};

describe('a request that the FC SDK has signed is recognized, and by the right secret only:', () => {
  test.each<[string, Signed]>([
    ['a plain one', GET],
    [
      'a path that needs encoding',
      { ...GET, parameters: { functionName: 'a b+c', taskId: "t/1 ~*(x)'!é%" } },
    ],
    [
      'a query of all that needs encoding',
      {
        operation: 'ListAsyncTasks',
        parameters: { functionName: 'echo' },
        query: {
          prefix: "a b+c*d~e'(f)!g/h?i=j&k%é",
          limit: '20',
          status: '',
          Zebra: 'upper',
          apple: 'lower',
        },
      },
    ],
    ['an empty body', { operation: 'StopAsyncTask', parameters: { functionName: 'echo', taskId: 'x' } }],
    ['a body that comes as base64', { operation: 'InvokeFunction', body: '{"é":"\u0000\\n"}' }],
    [
      'a body of bytes that are no text',
      { operation: 'InvokeFunction', body: Buffer.from([0xff, 0, 0x80, 0x0a]) },
    ],
    [
      'a body that comes as text',
      {
        operation: 'InvokeFunction',
        body: '\ufeff{"é":1}',
        isText: true,
        headers: { 'content-type': 'application/json; charset=utf-8' },
      },
    ],
    ['headers with spaces around them', { ...GET, headers: { 'x-acs-retry-attempts': '  1 ' } }],
    [
      'headers that nobody asked for',
      { ...GET, headers: { 'x-acs-retry-delay': '100', 'x-fc-log-type': 'None' } },
    ],
  ])('%s', (_, signed) => {
    const event = signedEvent(signed);
    expect(isMade(event, signed.operation)).toBe(true);
    const { signature } = readSignedRequest(event, signed.operation);
    expect(signature.accessKeyId).toBe(KEY.id);
    expect(signature.isMadeWith(`${KEY.secret}x`)).toBe(false);
    expect(signature.isMadeWith('')).toBe(false);
  });

  test('also one that the SDK never wrote, with its signature in capitals', () => {
    const event = signedEvent(GET);
    const authorization = event.headers.authorization?.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase());
    const loud = { ...event, headers: { ...event.headers, authorization } };
    expect(isMade(loud)).toBe(true);
    // It is the same signature, and good once.
    expect(readSignedRequest(loud, 'GetAsyncTask').signature.digest).toBe(
      readSignedRequest(event, 'GetAsyncTask').signature.digest,
    );
  });

  test('and it tells who signed, and when', () => {
    const { signature } = readSignedRequest(signedEvent({ ...GET, time: 1_795_510_275_000 }), 'GetAsyncTask');
    expect(signature).toMatchObject({
      accessKeyId: KEY.id,
      signTime: 1_795_510_275_000,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

describe('a signature does not hold for', () => {
  const query: Signed = {
    operation: 'ListAsyncTasks',
    parameters: { functionName: 'echo' },
    query: { limit: '20' },
  };

  test.each<[string, APIGatewayProxyEventV2, RouteName]>([
    [
      'another task',
      changed(GET, { pathParameters: { functionName: 'echo', taskId: 'video-2' } }),
      'GetAsyncTask',
    ],
    [
      'another function',
      changed(GET, { pathParameters: { functionName: 'wait', taskId: 'video-1' } }),
      'GetAsyncTask',
    ],
    ['another query', changed(query, { queryStringParameters: { limit: '21' } }), 'ListAsyncTasks'],
    [
      'a query with something added',
      changed(query, { queryStringParameters: { limit: '20', status: 'Failed' } }),
      'ListAsyncTasks',
    ],
    ['a query with something left out', changed(query, { queryStringParameters: {} }), 'ListAsyncTasks'],
    [
      'a query in which a parameter was doubled',
      changed(query, { queryStringParameters: { limit: '20,20' } }),
      'ListAsyncTasks',
    ],
    [
      'a query whose parameters became the name of one',
      changed(
        { ...query, query: { limit: '20', status: 'Failed' } },
        { queryStringParameters: { 'limit=20&status': 'Failed' } },
      ),
      'ListAsyncTasks',
    ],
    ['another host', withHeaders(GET, { host: 'other.example' }), 'GetAsyncTask'],
    ['another time', withHeaders(GET, { 'x-acs-date': '2026-01-31T12:00:00Z' }), 'GetAsyncTask'],
    ['another nonce', withHeaders(GET, { 'x-acs-signature-nonce': 'other' }), 'GetAsyncTask'],
    [
      'another content type',
      withHeaders({ ...GET, headers: { 'content-type': 'text/plain' } }, { 'content-type': 'text/html' }),
      'GetAsyncTask',
    ],
    [
      'another method',
      {
        ...signedEvent(GET),
        requestContext: { http: { method: 'DELETE' }, requestId: 'r' },
      } as unknown as APIGatewayProxyEventV2,
      'GetAsyncTask',
    ],
    ['another key id', withKeyId(signedEvent(GET), 'other'), 'GetAsyncTask'],
  ])('%s', (name, event, routeName) => {
    const { signature } = readSignedRequest(event, routeName);
    // The id itself is not signed: it decides which secret is tried.
    expect(signature.isMadeWith(KEY.secret)).toBe(name === 'another key id');
    expect(signature.accessKeyId === KEY.id).toBe(name !== 'another key id');
  });

  test('a signature holds for the body whose hash it covers, and for no other', () => {
    const event = signedEvent({ operation: 'InvokeFunction', body: '{"n":1}' });
    const isOfBody = (change: Partial<APIGatewayProxyEventV2>) =>
      readSignedRequest({ ...event, ...change }, 'InvokeFunction').signature.isOfBody();
    expect(isOfBody({})).toBe(true);
    const other = Buffer.from('{"n":2}').toString('base64');
    for (const change of [{ body: other }, { body: '{"n":1}' }, { body: '', isBase64Encoded: false }]) {
      expect(isOfBody(change)).toBe(false);
    }
  });

  test.each(['E3B0', 'UNSIGNED-PAYLOAD', ''])(
    'a signature over the hash %s, which is none, holds for no body',
    (hash) => {
      const event = withHeaders(GET, { 'x-acs-content-sha256': hash });
      expect(readSignedRequest(event, 'GetAsyncTask').signature.isOfBody()).toBe(false);
      expect(isMade(event)).toBe(false);
    },
  );

  test('another operation on the same path', () => {
    const event = signedEvent(GET);
    expect(refusalOf(event, 'StopAsyncTask')).toBe(
      'SignatureNotMatch: x-acs-action must be StopAsyncTask on this method and path, got "GetAsyncTask"',
    );
  });

  test('a header that it does not cover: those of x-fc- and x-task-mode- can be changed', () => {
    const signed: Signed = { operation: 'InvokeFunction', headers: { 'x-fc-async-task-id': 'mine' } };
    const event = withHeaders(signed, { 'x-fc-async-task-id': 'yours' });
    expect(isMade(event, 'InvokeFunction')).toBe(true);
  });
});

function withKeyId(event: APIGatewayProxyEventV2, id: string): APIGatewayProxyEventV2 {
  const authorization = event.headers.authorization?.replace(KEY.id, id);
  return { ...event, headers: { ...event.headers, authorization } };
}

describe('what is no such signature is refused with the reason:', () => {
  const authorization = signedEvent(GET).headers.authorization ?? '';

  test.each<[string, Record<string, string | undefined>, string]>([
    [
      'no Authorization',
      { authorization: undefined },
      'AccessDenied: Authorization must be "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…", got none',
    ],
    ['another scheme, without what follows it', { authorization: 'Basic c2VjcmV0' }, 'got "Basic"'],
    ['another algorithm', { authorization: authorization.replace('SHA256', 'SM3') }, 'got "ACS3-HMAC-SM3"'],
    [
      'a signature too short',
      { authorization: authorization.slice(0, -2) },
      'AccessDenied: Authorization must be',
    ],
    ['a signature too long', { authorization: `${authorization}00` }, 'AccessDenied: Authorization must be'],
    [
      'a second signature',
      { authorization: `${authorization},Signature=${'0'.repeat(64)}` },
      'AccessDenied: Authorization must be',
    ],
    ['no key', { authorization: authorization.replace(KEY.id, '') }, 'AccessDenied: Authorization must be'],
    [
      'a security token',
      { 'x-acs-security-token': 't' },
      'AccessDenied: x-acs-security-token is not taken here',
    ],
    [
      'temporary credentials',
      { 'x-acs-accesskey-id': 't' },
      'AccessDenied: x-acs-accesskey-id is not taken here',
    ],
    [
      'a bearer token',
      { authorization: undefined, 'x-acs-bearer-token': 't' },
      'AccessDenied: x-acs-bearer-token is not taken here',
    ],
    [
      'an id token',
      { 'x-acs-zero-trust-idtoken': 't' },
      'AccessDenied: x-acs-zero-trust-idtoken is not taken here',
    ],
    [
      'a signed header that did not arrive',
      { 'x-acs-signature-nonce': undefined },
      'SignatureNotMatch: header "x-acs-signature-nonce" is signed but was not received',
    ],
    [
      'a header of every object',
      {
        authorization: authorization
          .replace('=host', '=constructor;host')
          .replace('SignedHeaders=content-type', 'SignedHeaders=constructor;content-type'),
      },
      'SignatureNotMatch: header "constructor" is signed but was not received',
    ],
    [
      'another version',
      { 'x-acs-version': '2021-04-06' },
      'SignatureNotMatch: x-acs-version must be 2023-03-30, got "2021-04-06"',
    ],
    [
      'a time without a zone',
      { 'x-acs-date': '2026-01-31T12:00:00' },
      'SignatureNotMatch: x-acs-date must be a time such as 2026-01-31T12:00:00Z, got "2026-01-31T12:00:00"',
    ],
    [
      'a time that is none',
      { 'x-acs-date': '2026-13-41T99:00:00Z' },
      'SignatureNotMatch: x-acs-date must be a time',
    ],
  ])('%s', (_, headers, reason) => {
    expect(refusalOf(withHeaders(GET, headers))).toContain(reason);
  });

  test.each([
    'host',
    'x-acs-action',
    'x-acs-content-sha256',
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-version',
  ])('%s is not signed', (name) => {
    const unsigned = authorization.replace(new RegExp(`(?<==)${name};|;${name}(?=[;,])`), '');
    expect(unsigned).not.toBe(authorization);
    expect(refusalOf(withHeaders(GET, { authorization: unsigned }))).toBe(
      `SignatureNotMatch: ${name} must be one of the signed headers`,
    );
  });
});

test('an unknown route is signed by the path as it is, under any action', () => {
  const event = { ...signedEvent(GET), pathParameters: {} };
  expect(isMade(event, 'UnknownRoute')).toBe(true);
  expect(isMade({ ...event, rawPath: '/elsewhere' }, 'UnknownRoute')).toBe(false);
});

test('nothing that a request can hold makes the reading fail otherwise than by a refusal', () => {
  const lone = signedEvent(GET);
  const half = '\ud800';
  expect(isMade({ ...lone, pathParameters: { functionName: half, taskId: half } })).toBe(false);
  expect(isMade({ ...lone, queryStringParameters: { [half]: half } })).toBe(false);
});

describe('the function that a request is about', () => {
  const functionOf = (signed: Signed) =>
    readSignedRequest(signedEvent(signed), signed.operation).functionName;

  test('is the one of its path', () => {
    expect(functionOf(GET)).toBe('echo');
    expect(functionOf({ ...GET, query: { functionName: 'other' } })).toBe('echo');
  });

  test.each(['ListAsyncInvokeConfigs', 'ListConcurrencyConfigs'] as const)(
    'is the filter of %s',
    (operation) => {
      expect(functionOf({ operation, query: { functionName: 'echo' } })).toBe('echo');
      expect(functionOf({ operation })).toBeUndefined();
    },
  );

  test('is none where nothing reads its name: a workflow concerns all functions', () => {
    const request: Signed = { operation: 'StartWorkflowExecution', query: { functionName: 'echo' } };
    expect(functionOf(request)).toBeUndefined();
  });
});

test('reading a signature and trying secrets does not read the body', () => {
  let reads = 0;
  const { body, ...event } = signedEvent({ operation: 'InvokeFunction', body: '{"n":1}' });
  const watched = Object.defineProperty(event, 'body', {
    get: () => {
      reads += 1;
      return body;
    },
  }) as APIGatewayProxyEventV2;
  const { signature } = readSignedRequest(watched, 'InvokeFunction');
  expect(signature.isMadeWith(KEY.secret)).toBe(true);
  expect(signature.isMadeWith('another')).toBe(false);
  expect(reads).toBe(0);
  expect(signature.isOfBody()).toBe(true);
  expect(reads).toBe(1);
});
