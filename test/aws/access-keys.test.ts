import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AccessKeys } from '../../lambdas/aws/access-keys.ts';
import { secretsManagerClient } from '../../lambdas/aws/clients.ts';
import {
  ACCESS_KEYS_CACHE_MS,
  ACCESS_KEYS_RETRY_MS,
  ACCESS_KEYS_STALE_MS,
} from '../../lambdas/domain/limits.ts';
import { startEngines } from './engines.ts';

const { secrets } = await startEngines();
const NAME = 'access-keys';
const ENTRY = { secret: 'a-secret-of-the-test-0001', functions: ['*'], actions: ['fc:*'] };
const START = 1_795_510_275_000;

const put = (text: string) => secrets.put(NAME, { SecretString: text });
const putKeys = (...ids: string[]) =>
  put(JSON.stringify({ keys: Object.fromEntries(ids.map((id) => [id, ENTRY])) }));

let keys: AccessKeys;
beforeEach(() => {
  secrets.deploy({ name: NAME, arn: 'arn', source: 'test' }, () => '{"keys":{}}');
  putKeys('old');
  keys = new AccessKeys({ secretId: NAME });
});

const has = async (id: string, afterMs: number) => (await keys.find(id, START + afterMs)) !== undefined;

/** Lets the calls of a test's body fail, as when Secrets Manager is away. */
async function away<T>(name: string, run: () => Promise<T>): Promise<T> {
  const client = await secretsManagerClient();
  const send = vi.spyOn(client, 'send').mockImplementation(() => {
    throw Object.assign(new Error('away'), { name });
  });
  try {
    return await run();
  } finally {
    send.mockRestore();
  }
}

describe('access keys', () => {
  test('are trusted for a minute: then a new one is known, and one that was taken away is not', async () => {
    expect(await has('old', 0)).toBe(true);
    putKeys('old', 'new');
    expect(await has('new', ACCESS_KEYS_CACHE_MS - 1)).toBe(false);
    expect(await has('new', ACCESS_KEYS_CACHE_MS)).toBe(true);
    expect(await has('old', ACCESS_KEYS_CACHE_MS)).toBe(true);
    putKeys('new');
    expect(await has('old', 2 * ACCESS_KEYS_CACHE_MS)).toBe(false);
    expect(await has('new', 2 * ACCESS_KEYS_CACHE_MS)).toBe(true);
  });

  test('of the version before the current one are no keys', async () => {
    putKeys('new');
    expect(await has('old', 0)).toBe(false);
  });

  test.each(['{"keys":', '{"keys":{"old":{}}}', ''])(
    'that are none (%s) let nobody in, at once',
    async (text) => {
      expect(await has('old', 0)).toBe(true);
      put(text);
      const find = () => keys.find('old', START + ACCESS_KEYS_CACHE_MS);
      const refusal = {
        code: 'InternalServerError',
        cause: expect.objectContaining({ message: expect.stringMatching(/^access keys: /) }),
      };
      await expect(find()).rejects.toMatchObject(refusal);
      // Nor does the next request fall back to what was read before.
      await expect(find()).rejects.toMatchObject(refusal);
      await away('TimeoutError', () => expect(find()).rejects.toMatchObject({ code: 'ServiceUnavailable' }));
      putKeys('old');
      expect(await has('old', ACCESS_KEYS_CACHE_MS)).toBe(true);
    },
  );

  test('are trusted for five minutes while Secrets Manager is away, which is asked every ten seconds', async () => {
    expect(await has('old', 0)).toBe(true);
    putKeys('new');
    await away('TimeoutError', async () => {
      expect(await has('old', ACCESS_KEYS_CACHE_MS)).toBe(true);
      expect(await has('old', ACCESS_KEYS_STALE_MS)).toBe(true);
      await expect(has('old', ACCESS_KEYS_STALE_MS + ACCESS_KEYS_RETRY_MS)).rejects.toMatchObject({
        code: 'ServiceUnavailable',
      });
    });
    expect(await has('old', ACCESS_KEYS_STALE_MS + ACCESS_KEYS_RETRY_MS)).toBe(false);
  });

  test('are asked for again ten seconds after Secrets Manager was away', async () => {
    expect(await has('old', 0)).toBe(true);
    await away('TimeoutError', () => has('old', ACCESS_KEYS_CACHE_MS));
    putKeys('new');
    expect(await has('new', ACCESS_KEYS_CACHE_MS + ACCESS_KEYS_RETRY_MS - 1)).toBe(false);
    expect(await has('new', ACCESS_KEYS_CACHE_MS + ACCESS_KEYS_RETRY_MS)).toBe(true);
  });

  test('that may not be read let nobody in, however fresh the last ones are', async () => {
    expect(await has('old', 0)).toBe(true);
    await away('AccessDeniedException', () =>
      expect(has('old', ACCESS_KEYS_CACHE_MS)).rejects.toMatchObject({ code: 'InternalServerError' }),
    );
  });
});
