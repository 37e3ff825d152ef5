import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { apiResources, functionResource, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const HANDLER = `
export const handler = async (event) => {
  const wanted = event.queryStringParameters?.answer;
  if (wanted === 'throw') throw new Error('no');
  if (wanted === 'slow') await new Promise((resolve) => setTimeout(resolve, 3000));
  return wanted === undefined ? { statusCode: 200, body: JSON.stringify(event) } : JSON.parse(wanted);
};`;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

let runtime: LocalRuntime;

beforeAll(async () => {
  const assemblyDir = await writeAssembly({
    handlers: { echo: HANDLER },
    resources: {
      Echo: functionResource('echo'),
      ...apiResources('Echo', {
        'ANY /echo/{id}': {},
        'GET /signed': { AuthorizationType: 'AWS_IAM' },
      }),
    },
  });
  runtime = await startLocalRuntime({
    assemblyDir,
    port: 0,
    dataDir: await temporaryFolder(),
    log: () => {},
  });
});

afterAll(() => runtime.stop());

/** fetch would normalise what these tests are about: headers, paths, Host. */
function send(
  method: string,
  path: string,
  options: { headers?: Record<string, string | string[]>; body?: string | Buffer | (string | Buffer)[] } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(
    `${runtime.url}${path}`,
    { method, headers: options.headers ?? {} },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    },
  );
  outgoing.on('error', reject);
  for (const chunk of [options.body ?? []].flat()) {
    outgoing.write(chunk);
  }
  outgoing.end();
  return promise;
}

async function eventOf(...args: Parameters<typeof send>) {
  return JSON.parse((await send(...args)).text) as Record<string, unknown>;
}

const answering = (result: unknown) => `/echo/1?answer=${encodeURIComponent(JSON.stringify(result))}`;

describe('the event of payload format 2.0', () => {
  it('has every field that API Gateway gives', async () => {
    const event = await eventOf('POST', '/echo/a%2Fb%20c?x=1&x=2&empty=&sp=a%20b', {
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'X-Twice': ['one', 'two'],
        Cookie: 'a=1; b=2',
        'User-Agent': 'test/1',
      },
      body: '{"hello":"wörld"}',
    });
    const domain = new URL(runtime.url);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /echo/{id}',
      rawPath: '/echo/a/b c',
      rawQueryString: 'x=1&x=2&empty=&sp=a%20b',
      cookies: ['a=1', 'b=2'],
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-twice': 'one,two', host: domain.host },
      queryStringParameters: { x: '1,2', empty: '', sp: 'a b' },
      pathParameters: { id: 'a/b c' },
      requestContext: {
        accountId: '000000000000',
        apiId: expect.stringMatching(/^[0-9a-f]{10}$/),
        domainName: '127.0.0.1',
        http: {
          method: 'POST',
          path: '/echo/a/b c',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        requestId: expect.stringMatching(/^[A-Za-z0-9]{15}=$/),
        routeKey: 'ANY /echo/{id}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"hello":"wörld"}',
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it('leaves out what is not there', async () => {
    const event = await eventOf('GET', '/signed');
    for (const absent of ['queryStringParameters', 'pathParameters', 'cookies', 'body']) {
      expect(event).not.toHaveProperty(absent);
    }
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  it('names the one local caller on a route with IAM authorization', async () => {
    const { requestContext } = await eventOf('GET', '/signed');
    expect(requestContext).toMatchObject({
      authorizer: { iam: { accountId: '000000000000', userArn: 'arn:aws:iam::000000000000:user/local' } },
    });
  });

  it.each([
    ['text/plain', false],
    ['application/javascript', false],
    ['application/vnd.api+json', false],
    ['application/atom+xml;charset=utf-8', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['image/svg', true],
    [undefined, true],
  ])('passes a body of type %s on as base64: %s', async (type, isBase64) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const event = await eventOf('POST', '/echo/1', { headers, body: 'abc' });
    expect(event).toMatchObject({ body: isBase64 ? 'YWJj' : 'abc', isBase64Encoded: isBase64 });
  });

  it('puts a chunked body together', async () => {
    const headers = { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' };
    const event = await eventOf('POST', '/echo/1', { headers, body: ['one ', 'two'] });
    expect(event).toMatchObject({ body: 'one two', headers: { 'content-length': '7' } });
    expect(event.headers).not.toHaveProperty('transfer-encoding');
  });
});

describe('the response', () => {
  it('carries status, headers, cookies and the request id', async () => {
    const { status, headers, text } = await send(
      'GET',
      answering({ statusCode: 201, headers: { 'X-Number': 7 }, cookies: ['a=1', 'b=2'], body: 'made' }),
    );
    expect({ status, text }).toEqual({ status: 201, text: 'made' });
    expect(headers).toMatchObject({ 'x-number': '7', 'set-cookie': ['a=1', 'b=2'] });
    expect(headers['apigw-requestid']).toMatch(/=$/);
  });

  it.each<[string, unknown, number, string]>([
    ['a base64 body', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, 'hi'],
    ['an object without a statusCode', { a: 1 }, 200, '{"a":1}'],
    ['a string', 'hello', 200, 'hello'],
    ['204', { statusCode: 204 }, 204, ''],
    ['a status that is none', { statusCode: 99 }, 500, '{"message":"Internal Server Error"}'],
    [
      'a body that is no string',
      { statusCode: 200, body: { a: 1 } },
      500,
      '{"message":"Internal Server Error"}',
    ],
    [
      'a header that cannot be sent',
      { statusCode: 200, headers: { a: 'x\ny' } },
      500,
      '{"message":"Internal Server Error"}',
    ],
  ])('is right for %s', async (_, result, status, text) => {
    expect(await send('GET', answering(result))).toMatchObject({ status, text });
  });

  it('is 500 for a function error and 503 for an integration that takes too long', async () => {
    expect(await send('GET', '/echo/1?answer=throw')).toMatchObject({
      status: 500,
      text: '{"message":"Internal Server Error"}',
    });
    expect(await send('GET', '/echo/1?answer=slow')).toMatchObject({
      status: 503,
      text: '{"message":"Service Unavailable"}',
    });
  });

  it('is 404 for an unknown path, and HEAD has no body', async () => {
    expect(await send('GET', '/nowhere')).toMatchObject({ status: 404, text: '{"message":"Not Found"}' });
    expect(await send('HEAD', '/echo/1')).toMatchObject({ status: 200, text: '' });
  });

  it('is 413 for a body over 10 MB and for an event over 6 MB', async () => {
    for (const bytes of [10 * 1024 * 1024 + 1, 7 * 1024 * 1024]) {
      const answer = await send('POST', '/echo/1', {
        headers: { 'content-type': 'text/plain' },
        body: Buffer.alloc(bytes, 'a'),
      });
      expect(answer).toMatchObject({ status: 413, text: '{"message":"Request Entity Too Large"}' });
    }
  });

  it('is 403 for a Host that is not this machine', async () => {
    expect(await send('GET', '/echo/1', { headers: { host: 'evil.example' } })).toMatchObject({
      status: 403,
    });
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:3000']) {
      expect(await send('GET', '/echo/1', { headers: { host } })).toMatchObject({ status: 200 });
    }
  });
});

it('survives clients that go away in the middle of a request', async () => {
  const { hostname, port } = new URL(runtime.url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => {
    socket.write('POST /echo/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc', () =>
      resolve(),
    );
  });
  socket.destroy();
  expect(await send('GET', '/echo/1')).toMatchObject({ status: 200 });
});
