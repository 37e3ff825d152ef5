import * as fc from '@alicloud/fc20230330';
import { expect, test } from 'vitest';
import { fcSdk } from './fc-sdk.ts';
import { startExample } from './runtime.ts';

const { runtime } = await startExample();
const client = fcSdk(runtime.url, { id: 'id', secret: 'secret' });

/** What the SDK throws. */
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no failure',
    ({ statusCode, code }: { statusCode: number; code: string }) => ({ statusCode, code }),
  );

/** The fields that a model of the SDK's has. */
const fieldsOf = (model: unknown) => JSON.parse(JSON.stringify(model));

test('the FC SDK puts, gets, lists and deletes the async-invoke configuration of a function', async () => {
  const get = () => client.getAsyncInvokeConfig('flaky', new fc.GetAsyncInvokeConfigRequest({}));
  const put = (config: object) =>
    client.putAsyncInvokeConfig(
      'flaky',
      new fc.PutAsyncInvokeConfigRequest({
        qualifier: 'LATEST',
        body: new fc.PutAsyncInvokeConfigInput(config),
      }),
    );
  expect(await failureOf(get())).toEqual({ statusCode: 404, code: 'AsyncConfigNotExists' });

  const { statusCode, body } = await put({ maxAsyncRetryAttempts: 5, asyncTask: true });
  expect(statusCode).toBe(200);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const config = {
    functionArn: expect.stringContaining('flaky'),
    asyncTask: true,
    createdTime: time,
    lastModifiedTime: time,
    maxAsyncEventAgeInSeconds: 86_400,
    maxAsyncRetryAttempts: 5,
  };
  expect(fieldsOf(body)).toEqual(config);
  await put({
    maxAsyncEventAgeInSeconds: 60,
    destinationConfig: new fc.DestinationConfig({ onSuccess: new fc.Destination({ destination: '' }) }),
  });
  expect(fieldsOf((await get()).body)).toEqual({ ...config, maxAsyncEventAgeInSeconds: 60 });

  const list = async (request: object) =>
    fieldsOf((await client.listAsyncInvokeConfigs(new fc.ListAsyncInvokeConfigsRequest(request))).body);
  expect(await list({ functionName: 'flaky' })).toEqual({
    configs: [{ ...config, maxAsyncEventAgeInSeconds: 60 }],
  });
  expect(await list({})).toMatchObject({ configs: [{ maxAsyncRetryAttempts: 5 }] });
  expect(await failureOf(put({ maxAsyncRetryAttempts: 9 }))).toEqual({
    statusCode: 400,
    code: 'InvalidArgument',
  });

  const remove = () => client.deleteAsyncInvokeConfig('flaky', new fc.DeleteAsyncInvokeConfigRequest({}));
  expect((await remove()).statusCode).toBe(204);
  expect(await failureOf(remove())).toEqual({ statusCode: 404, code: 'AsyncConfigNotExists' });
  expect(await list({})).toEqual({ configs: [] });
});

test('the FC SDK puts, gets, lists and deletes the concurrency of a function', async () => {
  const put = (reservedConcurrency: number) =>
    client.putConcurrencyConfig(
      'echo',
      new fc.PutConcurrencyConfigRequest({ body: new fc.PutConcurrencyInput({ reservedConcurrency }) }),
    );
  const get = async () => fieldsOf((await client.getConcurrencyConfig('echo')).body);
  const functionArn = expect.stringContaining('echo');
  // Ten run in each of a hundred instances.
  expect(await get()).toEqual({ functionArn, reservedConcurrency: 1000 });
  expect(fieldsOf((await put(40)).body)).toEqual({ functionArn, reservedConcurrency: 40 });
  expect(await get()).toEqual({ functionArn, reservedConcurrency: 40 });
  expect(await failureOf(put(41))).toEqual({ statusCode: 400, code: 'InvalidArgument' });

  const names: string[] = [];
  let nextToken = '';
  do {
    const request = new fc.ListConcurrencyConfigsRequest({ limit: 2, nextToken });
    const { body } = await client.listConcurrencyConfigs(request);
    names.push(
      ...(body?.configs ?? []).map(
        (config) => `${config.functionArn?.match(/contactsheet|echo|flaky|manifest|spin|thumbnail|wait/)}`,
      ),
    );
    nextToken = body?.nextToken ?? '';
  } while (nextToken !== '');
  expect(names).toEqual(['contactsheet', 'echo', 'flaky', 'manifest', 'spin', 'thumbnail', 'wait']);

  expect((await client.deleteConcurrencyConfig('echo')).statusCode).toBe(204);
  expect(await get()).toEqual({ functionArn, reservedConcurrency: 1000 });
});
