import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { AccessKeys } from '../../lambdas/aws/access-keys.ts';
import { secretsManagerClient } from '../../lambdas/aws/clients.ts';
import { NonceStore } from '../../lambdas/aws/nonce-store.ts';
import { SIGNATURE_SKEW_MS } from '../../lambdas/domain/limits.ts';
import { authorizeRequest, type SignedRequest } from '../../lambdas/tasks/authorize-request.ts';
import { losingResponses, NONCE_TABLE, startEngines } from '../aws/engines.ts';

const { dynamoDb, secrets } = await startEngines();
const NOW = 1_795_510_275_000;
const SECRET = 'a-secret-of-the-test-0001';
const KEYS = {
  'TM-all': { secret: SECRET, functions: ['*'], actions: ['*'] },
  'TM-reader': {
    secret: SECRET,
    functions: ['echo', 'enc*'],
    actions: ['fc:Get*', 'fc:List*'],
    user: 'alice',
  },
  'TM-reader-2': { secret: `${SECRET}-2`, functions: ['*'], actions: ['fc:*'], user: 'alice' },
};
secrets.deploy({ name: 'keys', arn: 'arn', source: 'test' }, () => JSON.stringify({ keys: KEYS }));

const dependencies = {
  accessKeys: new AccessKeys({ secretId: 'keys' }),
  nonces: new NonceStore({ client: dynamoDb, tableName: NONCE_TABLE }),
  clock: () => NOW,
  signal: AbortSignal.timeout(60_000),
};

let requests = 0;
/** A request that was signed by a key's secret, or by one that the test gives. */
function signed(
  accessKeyId: string,
  overrides: Partial<SignedRequest> & { secret?: string; signTime?: number; isOfBody?: boolean } = {},
) {
  requests += 1;
  const { secret = SECRET, signTime = NOW, isOfBody = true, ...request } = overrides;
  const tried: string[] = [];
  const hashed = vi.fn(() => isOfBody);
  return {
    routeName: 'GetAsyncTask' as const,
    functionName: 'echo',
    requestId: `request-${requests}`,
    tried,
    hashed,
    ...request,
    signature: {
      accessKeyId,
      signTime,
      digest: `digest-${requests}`,
      isMadeWith: (candidate: string) => {
        tried.push(candidate);
        return candidate === secret;
      },
      isOfBody: hashed,
    },
  };
}

const authorize = (request: SignedRequest) => authorizeRequest(dependencies, request);

const marks = async () =>
  ((await dynamoDb.send(new ScanCommand({ TableName: NONCE_TABLE }))).Items ?? []).map(
    ({ nonceId, expiresAt }) => ({ nonceId: nonceId?.S, expiresAt: Number(expiresAt?.N) }),
  );

const codeOf = (request: SignedRequest) =>
  authorize(request).then(
    ({ caller }) => `caller ${caller}`,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

describe('a request', () => {
  test('is by the user of its key, whichever of the keys of that user', async () => {
    expect(await codeOf(signed('TM-all'))).toBe('caller TM-all');
    expect(await codeOf(signed('TM-reader'))).toBe('caller alice');
    expect(await codeOf(signed('TM-reader-2', { secret: `${SECRET}-2` }))).toBe('caller alice');
  });

  test('by a key that there is not, or by another secret, is refused, and both take the same work', async () => {
    const unknown = signed('TM-unknown');
    const forged = signed('TM-all', { secret: 'another' });
    expect(await codeOf(unknown)).toBe('InvalidAccessKeyID');
    expect(await codeOf(forged)).toBe('SignatureNotMatch');
    expect(unknown.tried).toHaveLength(1);
    expect(forged.tried).toHaveLength(1);
  });

  test.each<[string, SignedRequest & { hashed: ReturnType<typeof vi.fn> }, string]>([
    ['an unknown key', signed('TM-unknown'), 'InvalidAccessKeyID'],
    ['a known key id and a wrong secret', signed('TM-all', { secret: 'another' }), 'SignatureNotMatch'],
    ['a date too long ago', signed('TM-all', { signTime: 0 }), 'SignatureNotMatch'],
  ])('authorizeRequest does not hash the body for %s, right or wrong', async (_, request, code) => {
    for (const isOfBody of [true, false]) {
      request.hashed.mockReturnValue(isOfBody);
      expect(await codeOf(request)).toBe(code);
    }
    expect(request.hashed).not.toHaveBeenCalled();
  });

  test('authorizeRequest refuses another body than the signed one, whatever the key may do', async () => {
    for (const request of [
      signed('TM-all', { isOfBody: false }),
      signed('TM-reader', { isOfBody: false, routeName: 'StopAsyncTask' }),
    ]) {
      await expect(authorize(request)).rejects.toMatchObject({
        code: 'SignatureNotMatch',
        message: 'x-acs-content-sha256 must be the SHA-256 of the body as it was received, in hexadecimal',
      });
      expect(request.hashed).toHaveBeenCalledTimes(1);
    }
  });

  test('cannot be signed by the stand-in for an unknown key', async () => {
    const { tried, hashed: _, ...request } = signed('TM-unknown');
    await authorize(request).catch(() => undefined);
    expect(await codeOf(signed('TM-unknown', { secret: tried[0] ?? '' }))).toBe('InvalidAccessKeyID');
  });

  test.each<[string, Partial<SignedRequest>, string]>([
    ['reads a function of its key', { functionName: 'echo' }, 'caller alice'],
    ['reads a function of its prefix', { functionName: 'encode' }, 'caller alice'],
    ['reads another function', { functionName: 'wait' }, 'AccessDenied'],
    ['reads a function that there is not', { functionName: 'nobody' }, 'AccessDenied'],
    ['stops what its key may only read', { routeName: 'StopAsyncTask' }, 'AccessDenied'],
    ['submits what its key may only read', { routeName: 'InvokeFunction' }, 'AccessDenied'],
    [
      'reads of all functions',
      { routeName: 'ListAsyncInvokeConfigs', functionName: undefined },
      'AccessDenied',
    ],
    [
      'asks for a path that is no operation',
      { routeName: 'UnknownRoute', functionName: undefined },
      'caller alice',
    ],
    ['reads how the API is called', { routeName: 'GetOpenApi', functionName: undefined }, 'caller alice'],
  ])('that %s: %s', async (_, request, answer) => {
    expect(await codeOf(signed('TM-reader', request))).toBe(answer);
  });

  test.each([
    [-SIGNATURE_SKEW_MS, 'caller TM-all'],
    [SIGNATURE_SKEW_MS, 'caller TM-all'],
    [-SIGNATURE_SKEW_MS - 1000, 'SignatureNotMatch'],
    [SIGNATURE_SKEW_MS + 1000, 'SignatureNotMatch'],
  ])('that was signed %d ms from now: %s', async (skewMs, answer) => {
    expect(await codeOf(signed('TM-all', { signTime: NOW + skewMs }))).toBe(answer);
  });

  test('of a clock that is wrong learns by how much', async () => {
    await expect(authorize(signed('TM-all', { signTime: NOW - 1_000_000 }))).rejects.toThrow(
      'x-acs-date is 1000 s behind the clock here: want at most 900 s, check yours',
    );
  });
});

test('a signed request costs one write, and one read of the secret a minute', async () => {
  const writes = vi.spyOn(dynamoDb, 'send');
  const reads = vi.spyOn(await secretsManagerClient(), 'send');
  const fresh = { ...dependencies, accessKeys: new AccessKeys({ secretId: 'keys' }) };
  for (let request = 0; request < 5; request += 1) await authorizeRequest(fresh, signed('TM-all'));
  expect([writes.mock.calls.length, reads.mock.calls.length]).toEqual([5, 1]);
  writes.mockRestore();
  reads.mockRestore();
});

describe('a signature', () => {
  test('is good once', async () => {
    const request = signed('TM-all');
    expect(await codeOf(request)).toBe('caller TM-all');
    expect(await codeOf({ ...request, requestId: 'another' })).toBe('SignatureNotMatch');
  });

  test('is good again for the very request that had it, which came twice', async () => {
    const request = signed('TM-all');
    expect(await codeOf(request)).toBe('caller TM-all');
    expect(await codeOf(request)).toBe('caller TM-all');
  });

  test('is good for one of twenty that come at once', async () => {
    const request = signed('TM-all');
    const racers = Array.from({ length: 20 }, (_, number) => ({ ...request, requestId: `racer-${number}` }));
    const answers = await Promise.all(racers.map(codeOf));
    expect(answers.filter((answer) => answer === 'caller TM-all')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'SignatureNotMatch')).toHaveLength(19);
  });

  test('is taken though the answer to its mark is lost, and taken once', async () => {
    losingResponses(dynamoDb, 'PutItemCommand');
    const request = signed('TM-all');
    expect(await codeOf(request)).toBe('caller TM-all');
    expect(await codeOf({ ...request, requestId: 'another' })).toBe('SignatureNotMatch');
  });

  test('is marked until it is too old by itself, by any clock of ours', async () => {
    await authorize(signed('TM-all', { signTime: NOW + SIGNATURE_SKEW_MS }));
    const [mark] = (await marks()).filter(({ nonceId }) => nonceId === `TM-all#digest-${requests}`);
    expect(mark?.expiresAt).toBe(NOW / 1000 + 900 + 900 + 300);
  });

  test('leaves no mark when its request is refused', async () => {
    const before = await marks();
    for (const request of [
      signed('TM-unknown'),
      signed('TM-all', { secret: 'another' }),
      signed('TM-all', { signTime: 0 }),
      signed('TM-all', { isOfBody: false }),
      signed('TM-reader', { routeName: 'StopAsyncTask' }),
      signed('TM-reader', { functionName: 'wait' }),
    ]) {
      expect(await codeOf(request)).not.toContain('caller');
    }
    expect(await marks()).toEqual(before);
  });
});
