import { createHash, createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import { acs3, sigV4, type UnsignedRequest } from '../../client/index.ts';
import { readSignedRequest } from '../../lambdas/http/acs3-signature.ts';

const HOST = 'x1.execute-api.eu-west-1.amazonaws.com';

const LIST: UnsignedRequest = {
  operation: 'ListAsyncTasks',
  method: 'GET',
  url: new URL(`https://${HOST}/2023-03-30/functions/echo/async-tasks?prefix=a*b'(c)!&limit=5`),
  headers: {},
  body: '',
};

const SUBMIT: UnsignedRequest = {
  operation: 'InvokeFunction',
  method: 'POST',
  url: new URL('http://127.0.0.1:3000/2023-03-30/functions/echo/invocations'),
  headers: { 'content-type': 'application/octet-stream', 'x-fc-invocation-type': 'Async' },
  body: '{"é":1}',
};

/** The request as API Gateway hands it over. */
function eventOf(request: UnsignedRequest, headers: Readonly<Record<string, string>>) {
  return {
    headers: { ...headers, host: request.url.host },
    pathParameters: { functionName: 'echo' },
    queryStringParameters: Object.fromEntries(request.url.searchParams),
    body: request.body,
    isBase64Encoded: false,
    requestContext: { requestId: 'r', http: { method: request.method } },
  } as unknown as APIGatewayProxyEventV2;
}

test.each([LIST, SUBMIT])(
  '$operation signed by an access key is recognized, and by the right secret only',
  async (request) => {
    const headers = await acs3({ accessKeyId: 'key-1', accessKeySecret: 'secret-1' })(request);
    const event = eventOf(request, { ...request.headers, ...headers });
    const { signature } = readSignedRequest(event, request.operation);
    expect(signature.accessKeyId).toBe('key-1');
    expect(signature.isMadeWith('secret-1')).toBe(true);
    expect(signature.isMadeWith('secret-2')).toBe(false);
  },
);

test('no two signatures are the same', async () => {
  const sign = acs3({ accessKeyId: 'key-1', accessKeySecret: 'secret-1' });
  const [one, two] = await Promise.all([sign(SUBMIT), sign(SUBMIT)]);
  expect(one?.authorization).not.toBe(two?.authorization);
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

test('AWS credentials sign as Signature Version 4 has it', async () => {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' };
  const headers = await sigV4({ credentials })(LIST);
  const date = headers['x-amz-date'] ?? '';
  const day = date.slice(0, 8);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'TOKEN' });
  expect(headers).not.toHaveProperty('host');
  const signedHeaders = 'host;x-amz-content-sha256;x-amz-date;x-amz-security-token';
  const canonical = [
    'GET',
    '/2023-03-30/functions/echo/async-tasks',
    'limit=5&prefix=a%2Ab%27%28c%29%21',
    `host:${HOST}`,
    `x-amz-content-sha256:${sha256('')}`,
    `x-amz-date:${date}`,
    'x-amz-security-token:TOKEN',
    '',
    signedHeaders,
    sha256(''),
  ].join('\n');
  const scope = `${day}/eu-west-1/execute-api/aws4_request`;
  const key = hmac(hmac(hmac(hmac('AWS4SECRET', day), 'eu-west-1'), 'execute-api'), 'aws4_request');
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'));
  expect(headers.authorization).toBe(
    `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature.toString('hex')}`,
  );
});

test('without a region in the endpoint or the options nothing is signed', async () => {
  const sign = sigV4({ credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET' } });
  await expect(sign(SUBMIT)).rejects.toThrow('sigV4 needs a region: "127.0.0.1" does not name one');
});
