import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConsoleServer, serveConsole } from '../../cli/console/console-server.ts';
import { sigV4 } from '../../client/index.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What reached the API, which answers with what no console needs, too. */
const seen: Seen[] = [];
const api = createServer(async (incoming, response) => {
  const { method, url, headers } = incoming;
  seen.push({ method, url, headers, body: await text(incoming) });
  response.writeHead(202, {
    'x-fc-request-id': 'r-1',
    'set-cookie': 'of=the-api',
    'content-type': 'text/plain',
  });
  response.end('taken');
});

let server: ConsoleServer;
let origin: string;
let token: string;
beforeAll(async () => {
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  server = await serveConsole({
    port: 0,
    files: {
      owns: (path) => path.startsWith('/console'),
      answer: async () => ({ statusCode: 200, headers: {}, body: Buffer.from('the page') }),
    },
    connection: {
      auth: 'iam',
      endpoint: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      signer: sigV4({ credentials, region: 'eu-west-1' }),
    },
  });
  ({ origin } = new URL(server.url));
  token = new URL(server.url).searchParams.get('token') ?? '';
});
afterAll(() => {
  server.close();
  api.close();
});

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `fetch` sends no Host of ours, and follows redirects. */
async function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  const sent = request(`${origin}${path}`, { method, headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const cookie = async () => {
  const { headers } = await ask(`/console/?token=${token}`);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
};

const TASKS = '/2023-03-30/functions/echo/async-tasks?limit=5';

it('lets the person in who opens the printed address, and takes the token out of it', async () => {
  const { status, headers } = await ask(`/console/?token=${token}`);
  expect({ status, location: headers.location }).toEqual({ status: 303, location: '/console/' });
  expect(headers['set-cookie']?.[0]).toMatch(
    /^task-mode-console-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  expect(await ask('/console/', { headers: { cookie: await cookie() } })).toMatchObject({
    status: 200,
    body: 'the page',
  });
});

it('has another token at each start', () => {
  expect(token).toMatch(/^[\w-]{43}$/);
});

it.each([
  ['without the token', 401, () => ({})],
  ['with another token', 401, async () => ({ cookie: (await cookie()).replace(/=.*/, '=guessed') })],
  [
    'under a name that was made to resolve to this machine',
    403,
    async () => ({ host: 'evil.example', cookie: await cookie() }),
  ],
  [
    'under another name of this machine',
    403,
    async () => ({ host: `localhost:${new URL(origin).port}`, cookie: await cookie() }),
  ],
  [
    'from a page of another site',
    403,
    async () => ({ origin: 'https://evil.example', cookie: await cookie() }),
  ],
  [
    'from a page of another port',
    403,
    async () => ({ origin: 'http://127.0.0.1:1', cookie: await cookie() }),
  ],
  ['from a page that has no origin', 403, async () => ({ origin: 'null', cookie: await cookie() })],
  [
    'as an image of another site',
    403,
    async () => ({ 'sec-fetch-site': 'cross-site', cookie: await cookie() }),
  ],
  [
    'as an image of another port',
    403,
    async () => ({ 'sec-fetch-site': 'same-site', cookie: await cookie() }),
  ],
])('answers nothing %s, and sends nothing on', async (_, status, headersOf) => {
  const before = seen.length;
  const headers = await headersOf();
  const answers = [
    await ask('/console/', { headers }),
    await ask(TASKS, { headers }),
    await ask('/2023-03-30/functions/echo/async-tasks/a/stop', { method: 'PUT', headers }),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
  for (const answer of answers) expect(answer.headers).not.toHaveProperty('set-cookie');
  expect(seen).toHaveLength(before);
});

it('signs what its pages ask, and sends nothing of the browser’s along', async () => {
  const headers = {
    cookie: await cookie(),
    origin,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    'x-fc-invocation-type': 'Async',
    'user-agent': 'a browser',
    authorization: 'Basic x',
  };
  const path = '/2023-03-30/functions/echo/invocations';
  const answer = await ask(path, { method: 'POST', headers, body: '{"text":"é"}' });
  expect(answer).toMatchObject({ status: 202, body: 'taken' });
  expect(answer.headers).toMatchObject({ 'x-fc-request-id': 'r-1', 'cache-control': 'no-store' });
  expect(answer.headers).not.toHaveProperty('set-cookie');
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  const last = seen.at(-1);
  expect(last).toMatchObject({ method: 'POST', url: path, body: '{"text":"é"}' });
  expect(last?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/eu-west-1\/execute-api/,
  );
  expect(last?.headers).toMatchObject({
    'x-fc-invocation-type': 'Async',
    host: expect.not.stringContaining(origin),
  });
  expect(last?.headers).not.toHaveProperty('cookie');
  expect(last?.headers).not.toHaveProperty('origin');
});

it.each([
  ['DELETE', TASKS],
  ['GET', '/2023-03-30/../2015-03-31/functions'],
  ['GET', '/2023-03-30/accounts'],
  ['OPTIONS', TASKS],
])('sends on operations of the API only: %s %s is none', async (method, path) => {
  const before = seen.length;
  const { status, headers } = await ask(path, { method, headers: { cookie: await cookie() } });
  expect(status).toBe(404);
  expect(headers).not.toHaveProperty('access-control-allow-methods');
  expect(seen).toHaveLength(before);
});
