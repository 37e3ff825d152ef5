import { beforeEach, describe, expect, test, vi } from 'vitest';
import { AllowedDestinations } from '../../lambdas/aws/allowed-destinations.ts';
import { FunctionSettings } from '../../lambdas/aws/function-settings.ts';
import type { ConfigChange } from '../../lambdas/domain/async-invoke-config.ts';
import { configOf } from '../../lambdas/domain/async-invoke-config.ts';
import { deleteAsyncInvokeConfig } from '../../lambdas/tasks/delete-async-invoke-config.ts';
import { getAsyncInvokeConfig } from '../../lambdas/tasks/get-async-invoke-config.ts';
import { listFunctions } from '../../lambdas/tasks/list-functions.ts';
import { putAsyncInvokeConfig } from '../../lambdas/tasks/put-async-invoke-config.ts';
import { FUNCTION_TABLE, losingResponses } from '../aws/engines.ts';
import { startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { time, clock, dynamoDb, register, registry, submit, read } = world;

const settings = new FunctionSettings({ client: dynamoDb, tableName: FUNCTION_TABLE });
const newAllowedDestinations = () => new AllowedDestinations({ client: dynamoDb, tableName: FUNCTION_TABLE });
const allowedDestinations = newAllowedDestinations();

const ALLOWED = ['arn:aws:sqs:us-east-1:000000000000:done', 'https://example.com/done'] as const;

beforeEach(() => world.allow(...ALLOWED));

const put = (change: ConfigChange, name = 'echo', overrides: object = {}) =>
  putAsyncInvokeConfig({ settings, allowedDestinations, clock, ...overrides }, name, change);
const get = async (name = 'echo') => configOf(await getAsyncInvokeConfig({ settings }, name));
const remove = (name = 'echo', overrides: object = {}) =>
  deleteAsyncInvokeConfig({ settings, clock, ...overrides }, name);

const DEPLOYED = { asyncTask: true, maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 };

/** Settings of a process whose answers to these calls are lost, after they took effect. */
function settingsLosing(...commands: string[]) {
  const client = world.newClient();
  losingResponses(client, ...commands);
  return { settings: new FunctionSettings({ client, tableName: FUNCTION_TABLE }) };
}

/** Settings of a process between whose first read and write others write. */
function settingsAfter(meanwhile: () => Promise<unknown>) {
  const slow = new FunctionSettings({ client: dynamoDb, tableName: FUNCTION_TABLE });
  const readNow = slow.read.bind(slow);
  vi.spyOn(slow, 'read').mockImplementationOnce(async (name) => {
    const record = await readNow(name);
    await meanwhile();
    return record;
  });
  return { settings: slow };
}

describe('a Put', () => {
  test('holds for the next task of its function, and for no other function', async () => {
    await put({ maxAsyncRetryAttempts: 8, maxAsyncEventAgeInSeconds: 60 });
    registry.forget('echo');
    expect((await read(await submit()))?.config).toEqual({
      maxAsyncRetryAttempts: 8,
      maxAsyncEventAgeInSeconds: 60,
    });
    await expect(get('stubborn')).rejects.toMatchObject({ code: 'AsyncConfigNotExists' });
  });

  test('does not touch a task that was submitted before', async () => {
    const key = await submit();
    const before = await read(key);
    await put({ maxAsyncRetryAttempts: 8 });
    expect(await read(key)).toEqual(before);
  });

  test('keeps what it does not name, and what was deployed', async () => {
    await put({ maxAsyncRetryAttempts: 2, asyncTask: false });
    time.now += 5000;
    await put({ maxAsyncEventAgeInSeconds: 1 });
    expect(await get()).toEqual({ asyncTask: false, maxAsyncRetryAttempts: 2, maxAsyncEventAgeInSeconds: 1 });
    expect(await settings.read('echo')).toMatchObject({
      defaults: DEPLOYED,
      queueUrl: world.queueUrl,
      runtimeConfig: { createdTime: time.now - 5000, lastModifiedTime: time.now },
    });
  });

  test('that comes while another one is under way keeps what both name', async () => {
    await put({ maxAsyncRetryAttempts: 1 });
    await put(
      { maxAsyncRetryAttempts: 5 },
      'echo',
      settingsAfter(() => put({ asyncTask: false })),
    );
    expect(await get()).toMatchObject({ asyncTask: false, maxAsyncRetryAttempts: 5 });
  });

  test('of five at once, of a field each, all hold', async () => {
    const changes: ConfigChange[] = [
      { asyncTask: false },
      { maxAsyncRetryAttempts: 7 },
      { maxAsyncEventAgeInSeconds: 77 },
      { destinations: { onSuccess: ALLOWED[0] } },
      { destinations: { onFailure: ALLOWED[1] } },
    ];
    await Promise.all(changes.map((change) => put(change)));
    expect(await get()).toEqual({
      asyncTask: false,
      maxAsyncRetryAttempts: 7,
      maxAsyncEventAgeInSeconds: 77,
      destinations: { onSuccess: ALLOWED[0], onFailure: ALLOWED[1] },
    });
  });

  test('that others overtake again and again answers ConcurrentUpdateError, and has changed nothing', async () => {
    const busy = new FunctionSettings({ client: dynamoDb, tableName: FUNCTION_TABLE });
    vi.spyOn(busy, 'write').mockResolvedValue(false);
    await expect(put({ asyncTask: false }, 'echo', { settings: busy })).rejects.toMatchObject({
      code: 'ConcurrentUpdateError',
    });
    expect(await settings.read('echo')).not.toHaveProperty('runtimeConfig');
  });

  test('whose answer was lost knows its own write, and writes no other', async () => {
    const losing = settingsLosing('UpdateItemCommand');
    const write = vi.spyOn(losing.settings, 'write');
    const { runtimeConfig } = await put({ maxAsyncRetryAttempts: 4 }, 'echo', losing);
    expect(write).toHaveBeenCalledTimes(1);
    expect((await settings.read('echo'))?.runtimeConfig).toEqual(runtimeConfig);
  });

  test('survives a deployment, which changes what it does not name', async () => {
    await put({ asyncTask: false });
    const { runtimeConfig } = (await settings.read('echo')) ?? {};
    // A deployment sets the deployed fields and no other.
    await register('echo', { runtimeConfig, defaults: { ...DEPLOYED, maxAsyncRetryAttempts: 6 } });
    expect(await get()).toMatchObject({ asyncTask: false, maxAsyncRetryAttempts: 6 });
  });

  test('keeps a destination in its one spelling, and asks about none where nobody is to be told', async () => {
    await put({ destinations: { onSuccess: 'HTTPS://Example.com:443/done', onFailure: null } });
    expect((await get()).destinations).toEqual({ onSuccess: ALLOWED[1] });
  });

  test.each([
    ['arn:aws:sqs:us-east-1:000000000000:other', 'one of the destinations that this deployment allows'],
    ['nobody', 'the ARN of an SQS queue'],
  ])('of the destination %s is refused, and changes nothing', async (onFailure, wanted) => {
    await put({ asyncTask: false });
    const before = await settings.read('echo');
    await expect(put({ asyncTask: true, destinations: { onFailure } })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(
        new RegExp(`^destinationConfig.onFailure.destination must be ${wanted}.*, got "${onFailure}"$`),
      ),
    });
    expect(await settings.read('echo')).toEqual(before);
  });
});

describe('PutAsyncInvokeConfig', () => {
  test('takes a destination for the functions that it is allowed for, and refuses it for others without a change', async () => {
    await world.allow({ destination: ALLOWED[0], functions: ['told'] });
    const fresh = { allowedDestinations: newAllowedDestinations() };
    const before = await settings.read('echo');
    await expect(
      put({ asyncTask: false, destinations: { onSuccess: ALLOWED[0] } }, 'echo', fresh),
    ).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(
        `^destinationConfig.onSuccess.destination must be one of the destinations .* function 'echo' .*, got "${ALLOWED[0]}"$`,
      ),
    });
    expect(await settings.read('echo')).toEqual(before);
    await put({ destinations: { onSuccess: ALLOWED[0] } }, 'told', fresh);
    expect((await get('told')).destinations).toMatchObject({ onSuccess: ALLOWED[0] });
  });

  describe('with shortened addresses', () => {
    const WHOLE = 'https://example.com/hook?token=one';
    const SHOWN = 'https://example.com/hook?token=…';
    const fieldOf = (name: string) => `destinationConfig.${name}.destination`;
    let fresh: { allowedDestinations: AllowedDestinations };

    beforeEach(async () => {
      await world.allow(WHOLE, `${WHOLE}-more`, ALLOWED[0]);
      fresh = { allowedDestinations: newAllowedDestinations() };
    });

    test('keeps the destination that was put if a Put repeats its shortened address', async () => {
      await put({ destinations: { onSuccess: WHOLE } }, 'echo', fresh);
      await put(
        { asyncTask: false, destinations: { onSuccess: SHOWN, onFailure: ALLOWED[0] } },
        'echo',
        fresh,
      );
      expect(await get()).toMatchObject({
        asyncTask: false,
        destinations: { onSuccess: WHOLE, onFailure: ALLOWED[0] },
      });
    });

    test('does not put the deployed destination if a Put repeats its shortened address', async () => {
      const deploy = (onSuccess: string) =>
        register('echo', { defaults: { ...DEPLOYED, destinations: { onSuccess } } });
      await deploy(WHOLE);
      const { runtimeConfig } = await put({ destinations: { onSuccess: SHOWN } }, 'echo', fresh);
      expect(runtimeConfig).not.toHaveProperty('destinations');
    });

    test.each([
      ['onFailure', SHOWN],
      ['onSuccess', 'https://example.com/hook?key=…'],
      ['onSuccess', 'https://…@example.com/hook'],
    ] as const)(
      'refuses as %s a shortened address that is not its own, and changes nothing: %s',
      async (name, text) => {
        await put({ destinations: { onSuccess: WHOLE } }, 'echo', fresh);
        const before = await settings.read('echo');
        await expect(
          put({ asyncTask: false, destinations: { [name]: text } }, 'echo', fresh),
        ).rejects.toMatchObject({
          code: 'InvalidArgument',
          message: expect.stringContaining(`${fieldOf(name)} must be a whole address`),
        });
        expect(await settings.read('echo')).toEqual(before);
      },
    );

    test('refuses a shortened address that a URL parser has encoded, and changes nothing', async () => {
      await put({ destinations: { onSuccess: WHOLE } }, 'echo', fresh);
      const before = await settings.read('echo');
      const encoded = new URL(SHOWN).href;
      await expect(put({ destinations: { onSuccess: encoded } }, 'echo', fresh)).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
      expect(await settings.read('echo')).toEqual(before);
    });
  });
});

describe('a Delete', () => {
  test('brings back what was deployed, for the next task', async () => {
    await put({ maxAsyncRetryAttempts: 8 });
    await remove();
    await expect(get()).rejects.toMatchObject({ code: 'AsyncConfigNotExists' });
    registry.forget('echo');
    expect((await read(await submit()))?.config.maxAsyncRetryAttempts).toBe(0);
  });

  test('of what was never put answers AsyncConfigNotExists', async () => {
    await expect(remove()).rejects.toMatchObject({
      code: 'AsyncConfigNotExists',
      message: expect.stringContaining('AsyncConfig for echo:LATEST does not exist'),
    });
  });

  test('whose answer was lost knows its own write', async () => {
    await put({ asyncTask: false });
    await remove('echo', settingsLosing('UpdateItemCommand'));
    expect(await settings.read('echo')).not.toHaveProperty('runtimeConfig');
  });

  test('removes what a Put at the same time made of it', async () => {
    await put({ asyncTask: false });
    await remove(
      'echo',
      settingsAfter(() => put({ maxAsyncRetryAttempts: 2 })),
    );
    expect(await settings.read('echo')).not.toHaveProperty('runtimeConfig');
  });

  test('beside another one is done as well', async () => {
    await put({ asyncTask: false });
    await remove(
      'echo',
      settingsAfter(() => remove()),
    );
    expect(await settings.read('echo')).not.toHaveProperty('runtimeConfig');
  });
});

describe.each([
  ['that never was', 'never', undefined],
  ['that was removed', 'echo', { isDeleted: true }],
])('a function %s', (_, name, overrides) => {
  test.each([
    ['Put', () => put({ asyncTask: false }, name)],
    ['Get', () => get(name)],
    ['Delete', () => remove(name)],
    ['List', () => list({ functionName: name })],
  ])('has no configuration to %s', async (_operation, operate) => {
    if (overrides) await register(name, overrides);
    const before = await settings.read(name);
    await expect(operate()).rejects.toMatchObject({ code: 'FunctionNotFound' });
    expect(await settings.read(name)).toEqual(before);
  });

  test('is not written, though it was there when it was read', async () => {
    const removed = settingsAfter(async () => overrides && register(name, overrides));
    await expect(put({ asyncTask: false }, name, removed)).rejects.toMatchObject({
      code: 'FunctionNotFound',
    });
    expect((await settings.read(name))?.runtimeConfig).toBeUndefined();
  });
});

const list = (request: { functionName?: string; after?: string | undefined; limit?: number } = {}) =>
  listFunctions(
    { registry, settings },
    { limit: 20, ...request },
    (record) => record.runtimeConfig !== undefined,
  );

describe('a list', () => {
  test('has the functions whose configuration was put, by name, page by page', async () => {
    const names = ['b', 'A', 'c', 'b-2', 'B'];
    for (const name of ['plain', 'gone', ...names]) await register(name);
    for (const name of ['gone', ...names]) await put({ asyncTask: false }, name);
    const { runtimeConfig } = (await settings.read('gone')) ?? {};
    await register('gone', { runtimeConfig, isDeleted: true });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await list({ limit: 2, after });
      seen.push(...page.functions.map(({ functionName }) => functionName));
      after = page.readTo;
    } while (after !== undefined);
    expect(seen).toEqual(['A', 'B', 'b', 'b-2', 'c']);
  });

  test('ends with its last full page', async () => {
    await put({ asyncTask: false });
    await put({ asyncTask: false }, 'told');
    expect((await list({ limit: 2 })).readTo).toBeUndefined();
  });

  test('of one function has its own, or nothing', async () => {
    await put({ asyncTask: false });
    expect((await list({ functionName: 'echo' })).functions).toHaveLength(1);
    expect(await list({ functionName: 'told' })).toEqual({ functions: [], readTo: undefined });
  });
});
