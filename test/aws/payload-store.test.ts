import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ObjectGoneError, PayloadStore } from '../../lambdas/aws/payload-store.ts';

let answer = { status: 200, body: '1' };
const paths: string[] = [];
const server = createServer((request, response) => {
  paths.push(request.url ?? '');
  response.writeHead(answer.status, { 'content-type': 'application/xml' }).end(answer.body);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
});

const DAY_MS = 86_400_000;
const now = 1_795_510_275_000;
const store = new PayloadStore({ bucketName: 'a.bucket', clock: () => now });
const payload = { objectKey: 'payloads/echo/t-1/s-1' };
const result = { objectKey: 'results/echo/t-1/r-1' };
const ownerSince = (days: number) => ({ functionName: 'echo', taskId: 't-1', since: now - days * DAY_MS });
const refusal = (status: number, code: string) => ({
  status,
  body: `<Error><Code>${code}</Code><Message>no</Message></Error>`,
});

const logged = vi.spyOn(console, 'error').mockReturnValue(undefined);

beforeEach(() => {
  paths.length = 0;
  logged.mockClear();
});

describe('an object that S3 denies access to', () => {
  beforeEach(() => {
    answer = refusal(403, 'AccessDenied');
  });

  test.each([
    ['payload', payload, 0],
    ['payload', payload, 21],
    ['result', result, 0],
    ['result', result, 6.9],
  ])('a %s that must still be there is a fault of AWS: %o, %d days old', async (_, stored, days) => {
    await expect(store.read(stored, ownerSince(days))).rejects.toMatchObject({
      code: 'ServiceUnavailable',
      cause: { name: 'AccessDenied' },
    });
  });

  test.each([
    ['payload', payload, 23],
    ['result', result, 8],
  ])('a %s that its lifecycle rule has removed is gone: %o, %d days old', async (_, stored, days) => {
    await expect(store.read(stored, ownerSince(days))).rejects.toThrow(ObjectGoneError);
  });
});

test('an object that S3 does not know is gone, however young', async () => {
  answer = refusal(404, 'NoSuchKey');
  await expect(store.read(payload, ownerSince(0))).rejects.toThrow(ObjectGoneError);
});

describe('an object key that a row may name', () => {
  beforeEach(() => {
    answer = { status: 200, body: '1' };
  });

  test.each([
    'payloads/echo/t-1/s-1',
    'results/echo/t-1/r-1',
    'results/echo/!i-1/result',
    'results/echo/!r-1/payload',
  ])('an object of the task, or of an end of its function, is read: %s', async (objectKey) => {
    expect(await store.read({ objectKey }, ownerSince(0))).toBe('1');
    expect(paths).toHaveLength(1);
    expect(logged).not.toHaveBeenCalled();
  });

  test('an end that is kept aside is read without a task id', async () => {
    const owner = { functionName: 'echo', since: now };
    expect(await store.read({ objectKey: 'results/echo/!i-1/result' }, owner)).toBe('1');
    await expect(store.read(payload, owner)).rejects.toThrow(ObjectGoneError);
  });

  test.each([
    'payloads/other/t-1/s-1',
    'payloads/echo/t-2/s-1',
    'payloads/echo/!i-1/result',
    'payloads/echo/t-1',
    'payloads/echo/t-1/',
    'payloads/echo/t-1/..',
    'payloads/echo/t-1/../../other/t-1/s-1',
    'payloads/echo/t-1/s-1?x',
    'results/other/t-1/r-1',
    'results/other/!i-1/result',
    'results/echo/!/result',
    'results/echo/t-2/r-1',
    'secrets/echo/t-1/s-1',
    '/payloads/echo/t-1/s-1',
    '',
  ])(
    'an object of another task is not read, is gone for this one, and is logged: "%s"',
    async (objectKey) => {
      await expect(store.read({ objectKey }, ownerSince(0))).rejects.toThrow(ObjectGoneError);
      expect(paths).toEqual([]);
      expect(logged.mock.calls).toEqual([
        [{ message: expect.stringContaining('key'), functionName: 'echo', taskId: 't-1', objectKey }],
      ]);
    },
  );
});
