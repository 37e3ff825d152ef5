import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { countingProxy } from '../../bench/counting-proxy.ts';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { startExample, temporaryFolder } from './runtime.ts';

const folder = temporaryFolder('limited');
const assemblyDir = join(folder, 'assembly');
await synthesize({
  appDir: resolve('bench/limited-app'),
  outDir: assemblyDir,
  region: 'us-east-1',
  accountId: '000000000000',
  log: () => undefined,
  verbose: false,
});
const tables = await startTableEngine(join(folder, 'tables'));
const dynamodb = await countingProxy(tables.endpoint);
const { api } = await startExample({ assemblyDir, dynamodbEndpoint: dynamodb.url });
afterAll(async () => {
  dynamodb.close();
  await tables.stop();
});

// They are due later, so that no worker writes anything beside the submits.
const submit = () => api.submit('echo', { delay: 900, payload: 1 });

test('a caller over its rate is told when to come again, at 0.05 requests a submit and without a trace of what was refused', async () => {
  await submit();
  dynamodb.counts.clear();
  let accepted = 0;
  let response = await submit();
  for (; response.status === 202; response = await submit()) accepted += 1;
  expect(accepted).toBeGreaterThanOrEqual(119);
  expect(response.status).toBe(429);
  const retryAfter = response.headers.get('retry-after');
  expect(retryAfter).toMatch(/^[1-9][0-9]{0,2}$/);
  expect(response.headers.get('x-acs-retry-after')).toBe(retryAfter);
  expect(await response.json()).toEqual({
    Code: 'Throttling.User',
    Message: `a caller may submit at most 2 times a second, 120 at once. Please retry in ${retryAfter} s.`,
    RequestId: response.headers.get('x-fc-request-id'),
  });
  expect(dynamodb.counts.get('PutItem')).toBe(accepted);
  expect(dynamodb.counts.get('UpdateItem')).toBeGreaterThan(0);
  expect(dynamodb.counts.get('UpdateItem')).toBeLessThanOrEqual(0.05 * (accepted + 1));
  await expect.poll(async () => (await submit()).status, { timeout: 10_000 }).toBe(202);
  expect((await api.list('echo', { limit: '1' })).tasks).toHaveLength(1);
});
