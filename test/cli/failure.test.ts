import { expect, it } from 'vitest';
import { CommandError, explain, UsageError } from '../../cli/failure.ts';
import { TaskModeClient, TaskModeClientError } from '../../client/index.ts';

it('says of an address that does not answer what to do, here and elsewhere', async () => {
  const failureAt = async (endpoint: string) => {
    const refused = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    });
    const client = new TaskModeClient({ endpoint, maxAttempts: 1, fetch: () => Promise.reject(refused) });
    return explain(await client.get('echo', 'a').catch((error: unknown) => error));
  };
  expect(await failureAt('http://127.0.0.1:3000')).toEqual({
    message: 'http://127.0.0.1:3000 does not answer (connection refused)',
    hint: expect.stringContaining('Start it with "npm start" or "npx task-mode dev"'),
    exitCode: 1,
  });
  expect((await failureAt('https://example.com/api')).hint).toContain('Check the address');
});

it.each([
  [new UsageError('wrong'), { message: 'wrong', exitCode: 2 }],
  [new CommandError('no', 'do this'), { message: 'no', hint: 'do this', exitCode: 1 }],
  [
    new TaskModeClientError('InternalServerError', 'oh', { statusCode: 500, requestId: 'r-1' }),
    { message: 'InternalServerError: oh (request r-1)', exitCode: 1 },
  ],
  [
    new TaskModeClientError('AccessDenied', 'no', { statusCode: 403, requestId: 'r-1' }),
    { message: 'AccessDenied: no', hint: expect.stringContaining('execute-api:Invoke'), exitCode: 1 },
  ],
  [
    Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }),
    { message: 'Could not load credentials', hint: expect.stringContaining('aws sso login'), exitCode: 1 },
  ],
])('explains %s', (error, explained) => {
  expect(explain(error)).toMatchObject(explained);
});
