import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as fc from '@alicloud/fc20230330';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, inject, test } from 'vitest';
import { findConsole } from '../../local/gateway/find-console.ts';
import { startLocalRuntime } from '../../local/runtime.ts';
import {
  ACCESS_KEYS,
  KEYS,
  type Key,
  startWithAccessKeys,
  synthesizeWithAccessKeys,
} from './access-keys-runtime.ts';
import { errorOf } from './api.ts';
import { describeInBrowser } from './browser.ts';
import { type FcClient, fcSdk, NO_OPTIONS } from './fc-sdk.ts';
import { temporaryFolder } from './runtime.ts';
import { type SignedRequest, send, sign, type WireRequest } from './signed-request.ts';

const assemblyDir = await synthesizeWithAccessKeys();
const consoleFolder = findConsole(new AbortController().signal);
const { runtime } = await startWithAccessKeys(assemblyDir, ACCESS_KEYS, consoleFolder);

const sdk = (key: Key, config?: object) => fcSdk(runtime.url, key, config);

function submit(
  client: FcClient,
  functionName: string,
  taskId: string,
  payload = '{"hello":"world"}',
  delay = 0,
) {
  const headers = new fc.InvokeFunctionHeaders({
    xFcInvocationType: 'Async',
    xFcAsyncTaskId: taskId,
    commonHeaders: { 'x-fc-async-delay': String(delay) },
  });
  const request = new fc.InvokeFunctionRequest({ body: Readable.from([Buffer.from(payload)]) });
  return client.invokeFunctionWithOptions(functionName, request, headers, NO_OPTIONS);
}

const get = (client: FcClient, functionName: string, taskId: string) =>
  client.getAsyncTask(functionName, taskId, new fc.GetAsyncTaskRequest({}));

/** What the SDK throws. */
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no failure',
    ({ statusCode, code, message }: { statusCode: number; code: string; message: string }) => ({
      statusCode,
      code,
      message,
    }),
  );

describe('the FC SDK, unchanged but for its endpoint', () => {
  const client = sdk(KEYS.all);

  test('submits, reads, lists, stops, and is told of a duplicate', async () => {
    expect((await submit(client, 'echo', 'first')).statusCode).toBe(202);
    await expect
      .poll(async () => (await get(client, 'echo', 'first')).body?.status, { timeout: 20_000 })
      .toBe('Succeeded');
    expect((await get(client, 'echo', 'first')).body).toMatchObject({
      taskId: 'first',
      taskPayload: '{"hello":"world"}',
      returnPayload: '{"hello":"world"}',
    });
    expect(await failureOf(submit(client, 'echo', 'first'))).toMatchObject({
      statusCode: 409,
      code: 'AsyncTaskAlreadyExists',
    });

    await submit(client, 'echo', 'second', '2', 600);
    const stopped = await client.stopAsyncTask('echo', 'second', new fc.StopAsyncTaskRequest({}));
    expect(stopped.statusCode).toBe(204);
    expect((await get(client, 'echo', 'second')).body?.status).toBe('Stopped');

    const list = await client.listAsyncTasks(
      'echo',
      new fc.ListAsyncTasksRequest({ prefix: 'f', status: 'Succeeded', limit: 10, includePayload: true }),
    );
    expect(list.body?.tasks?.map(({ taskId }) => taskId)).toEqual(['first']);
  });

  test('takes bodies of every kind and size', async () => {
    for (const [id, payload] of [
      ['empty', '""'],
      ['unicode', '"é €"'],
      ['large', JSON.stringify('x'.repeat(200_000))],
    ] as const) {
      expect((await submit(client, 'echo', id, payload, 600)).statusCode).toBe(202);
      expect((await get(client, 'echo', id)).body?.taskPayload).toBe(payload);
    }
  });

  test('configures a function at run time', async () => {
    const input = new fc.PutAsyncInvokeConfigInput({ maxAsyncRetryAttempts: 5 });
    const put = await client.putAsyncInvokeConfig(
      'wait',
      new fc.PutAsyncInvokeConfigRequest({ body: input }),
    );
    expect(put.body?.maxAsyncRetryAttempts).toBe(5);
    const listed = await client.listAsyncInvokeConfigs(
      new fc.ListAsyncInvokeConfigsRequest({ functionName: 'wait', limit: 10 }),
    );
    expect(listed.body?.configs).toHaveLength(1);
  });

  test('is told what it asked for wrongly, when its key may', async () => {
    expect(await failureOf(get(client, 'nobody', 'x'))).toMatchObject({
      statusCode: 404,
      code: 'FunctionNotFound',
    });
    expect(await failureOf(get(client, 'a b', 't/1 ~*(x)!é%'))).toMatchObject({
      statusCode: 400,
      code: 'InvalidArgument',
    });
    expect(await failureOf(client.getFunction('echo', new fc.GetFunctionRequest({})))).toMatchObject({
      statusCode: 400,
      code: 'PathNotSupported',
    });
  });
});

describe('the FC SDK is refused in a way that it understands,', () => {
  const reader = sdk(KEYS.reader);

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'with a wrong secret',
      () => get(sdk({ ...KEYS.all, secret: 'another' }), 'echo', 'x'),
      'SignatureNotMatch',
    ],
    [
      'with an unknown key',
      () => get(sdk({ ...KEYS.all, id: 'TM-nobody' }), 'echo', 'x'),
      'InvalidAccessKeyID',
    ],
    [
      'with temporary credentials',
      () => get(sdk(KEYS.all, { securityToken: 't' }), 'echo', 'x'),
      'AccessDenied',
    ],
    [
      'with a bearer token',
      () =>
        get(
          sdk(KEYS.all, { accessKeyId: undefined, accessKeySecret: undefined, bearerToken: 't' }),
          'echo',
          'x',
        ),
      'AccessDenied',
    ],
    ['submitting what its key may read', () => submit(reader, 'echo', 'x'), 'AccessDenied'],
    [
      'stopping what its key may read',
      () => reader.stopAsyncTask('echo', 'x', new fc.StopAsyncTaskRequest({})),
      'AccessDenied',
    ],
    ['reading another function', () => get(reader, 'wait', 'x'), 'AccessDenied'],
    ['reading a function that there is not', () => get(reader, 'nobody', 'x'), 'AccessDenied'],
    [
      'reading of all functions',
      () => reader.listAsyncInvokeConfigs(new fc.ListAsyncInvokeConfigsRequest({})),
      'AccessDenied',
    ],
  ])('%s', async (_, call, code) => {
    const failure = await failureOf(call());
    expect(failure).toMatchObject({ statusCode: 403, code });
  });

  test('and never learns whether a function exists', async () => {
    const words = async (functionName: string) =>
      JSON.stringify(await failureOf(get(reader, functionName, 'x')))
        .replaceAll(functionName, '')
        .replace(/request id: \S+/, '');
    expect(await words('wait')).toBe(await words('nobody'));
  });

  test('but reads what it may', async () => {
    expect(await failureOf(get(reader, 'echo', 'nobody'))).toMatchObject({ code: 'AsyncTaskNotFound' });
  });
});

const submission = (id: string): SignedRequest => ({
  method: 'POST',
  pathname: '/2023-03-30/functions/echo/invocations',
  action: 'InvokeFunction',
  body: '{"n":1}',
  headers: { 'x-fc-invocation-type': 'Async', 'x-fc-async-task-id': id, 'x-fc-async-delay': '600' },
  key: KEYS.all,
});

const reading = (id: string): SignedRequest => ({
  method: 'GET',
  pathname: `/2023-03-30/functions/echo/async-tasks/${id}`,
  action: 'GetAsyncTask',
  key: KEYS.all,
});

const isThere = async (id: string) => (await send(sign(runtime.url, reading(id)))).status === 200;

describe('a signature', () => {
  test('is good once: of twenty that come at once, one request is taken', async () => {
    const wire = sign(runtime.url, submission('once'));
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(wire)));
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([202, ...Array(19).fill(403)]);
    const refused = responses.find(({ status }) => status === 403) as Response;
    expect(await errorOf(refused)).toMatchObject({ Code: 'SignatureNotMatch' });
    expect(await errorOf(await send(wire))).toMatchObject({ status: 403, Code: 'SignatureNotMatch' });
  });

  test('cannot be used again for what it does not cover', async () => {
    const wire = sign(runtime.url, submission('covered'));
    expect((await send(wire)).status).toBe(202);
    const again = { ...wire, headers: { ...wire.headers, 'x-fc-async-task-id': 'uncovered' } };
    expect(await errorOf(await send(again))).toMatchObject({ status: 403, Code: 'SignatureNotMatch' });
    expect(await isThere('uncovered')).toBe(false);
  });

  test.each<[string, number]>([
    ['behind', -16 * 60_000],
    ['ahead', 16 * 60_000],
  ])('of a clock that is 16 minutes %s is refused', async (_, skewMs) => {
    const id = `skewed-${skewMs < 0 ? 'behind' : 'ahead'}`;
    const wire = sign(runtime.url, { ...submission(id), time: Date.now() + skewMs });
    expect(await errorOf(await send(wire))).toMatchObject({
      status: 403,
      Code: 'SignatureNotMatch',
      Message: expect.stringContaining('x-acs-date is'),
    });
    expect(await isThere(id)).toBe(false);
  });

  const tampered = sign(runtime.url, submission('tampered'));
  test.each<[string, WireRequest, string]>([
    ['body', { ...tampered, body: '{"n":2}' }, 'SignatureNotMatch'],
    [
      'body and its hash',
      {
        ...sign(runtime.url, { ...submission('tampered'), body: '{"n":2}' }),
        headers: {
          ...sign(runtime.url, { ...submission('tampered'), body: '{"n":2}' }).headers,
          authorization: tampered.headers.authorization ?? '',
        },
      },
      'SignatureNotMatch',
    ],
    ['path', { ...tampered, url: tampered.url.replace('/echo/', '/spin/') }, 'SignatureNotMatch'],
    ['query', { ...tampered, url: `${tampered.url}?qualifier=LATEST` }, 'SignatureNotMatch'],
    [
      'operation',
      {
        ...sign(runtime.url, reading('covered')),
        url: `${sign(runtime.url, reading('covered')).url}/stop`,
        method: 'PUT',
      },
      'SignatureNotMatch',
    ],
    ['absence', { ...tampered, headers: { 'x-fc-invocation-type': 'Async' } }, 'AccessDenied'],
  ])('does not hold after a change of the %s', async (_, wire, code) => {
    const response = await send(wire);
    const error = await errorOf(response);
    expect(error).toEqual({
      status: 403,
      Code: code,
      Message: expect.any(String),
      RequestId: response.headers.get('x-fc-request-id'),
    });
    // Nothing of what it would have to be is told.
    expect(error.Message).not.toMatch(/[0-9a-f]{32}/);
    expect(await isThere('tampered')).toBe(false);
  });
});

describeInBrowser('the console', ({ open }) => {
  test('lets in whoever has an access key, signs with it, and forgets it when told to', async () => {
    const page = await open(`${runtime.url}/console/functions/echo`, { mayBeRefused: true });
    const secret = page.getByRole('textbox', { name: 'Access key secret' });
    await page.getByRole('textbox', { name: 'Access key ID' }).fill(KEYS.all.id);
    await secret.fill('another');
    await page.keyboard.press('Enter');
    await page.getByText('SignatureNotMatch').waitFor();
    await secret.fill(KEYS.all.secret);
    await page.getByRole('checkbox', { name: /Stay signed in/ }).check();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Newest first').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Submit task' }).first().click();
    await page.getByRole('textbox', { name: /TaskID/ }).fill('in-the-console');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByText('Succeeded', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: `Signed in with ${KEYS.all.id}` }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]))).not.toContain(
      KEYS.all.secret,
    );
    expect((await get(sdk(KEYS.all), 'echo', 'in-the-console')).body?.status).toBe('Succeeded');
  }, 60_000);
});

describe('a path that is no operation', () => {
  test('is refused to strangers, in the shape of the contract', async () => {
    const response = await fetch(`${runtime.url}/2023-03-30/functions`);
    expect(await errorOf(response)).toMatchObject({ status: 403, Code: 'AccessDenied' });
  });
});

/** The logical ids of an assembly's secrets. */
async function secretsOf(dir: string): Promise<string[]> {
  const template = JSON.parse(await readFile(join(dir, 'TaskMode.template.json'), 'utf-8'));
  const resources: [string, { Type: string }][] = Object.entries(template.Resources);
  return resources.filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret').map(([id]) => id);
}

describe('what is no access keys', () => {
  test('lets nobody in, and says why in the log only', async () => {
    const broken = await startWithAccessKeys(assemblyDir, ACCESS_KEYS);
    const client = new SecretsManagerClient({
      region: 'us-east-1',
      endpoint: broken.runtime.endpoints.secretsManager,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const SecretString = ACCESS_KEYS.replace('"functions"', '"function"');
    const [logicalId = ''] = await secretsOf(assemblyDir);
    const SecretId = broken.runtime.ref(logicalId);
    await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
    const response = await send(sign(broken.runtime.url, reading('x')));
    expect(await errorOf(response)).toEqual({
      status: 500,
      Code: 'InternalServerError',
      Message: 'an internal error has occurred. Please retry.',
      RequestId: expect.any(String),
    });
    const line = broken.lines.find((text) => text.includes('access keys: '));
    expect(line).toContain(
      `access keys: keys.${KEYS.all.id} must be no fields but secret, functions, actions, user`,
    );
    expect(broken.lines.join('\n')).not.toContain(KEYS.all.secret);
  });

  test('are given to an app that checks none', async () => {
    const starting = startLocalRuntime({
      assemblyDir: inject('assemblyDir'),
      port: 0,
      dataDir: temporaryFolder('data'),
      log: () => undefined,
      accessKeys: ACCESS_KEYS,
    });
    await expect(starting).rejects.toThrow("--access-keys is given, but this app's API checks none");
  });
});

test('a signature of now is one of now, however far the clock of this runtime was advanced', async () => {
  const advanced = await fetch(`${runtime.url}/_local/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"seconds": 86400}',
  });
  expect(advanced.status).toBe(200);
  // Here it was advanced as well, which it is not where callers are.
  const now = Date.now() - 86_400_000;
  const statusAt = async (time: number) =>
    (await send(sign(runtime.url, { ...reading('nobody'), time }))).status;
  expect(await statusAt(now)).toBe(404);
  expect(await statusAt(now + 86_400_000)).toBe(403);
});
