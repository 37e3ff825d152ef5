import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { AllowedDestinations } from '../../lambdas/aws/allowed-destinations.ts';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { checkedDestination } from '../../lambdas/tasks/find-destination.ts';
import { FUNCTION_TABLE, startEngines } from './engines.ts';

const { dynamoDb } = await startEngines();
const table = { client: dynamoDb, tableName: FUNCTION_TABLE };

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:done';
const WEBHOOK = { destination: 'https://example.com/', secretArn: 'arn:secret' };

const allow = (...allowed: object[]) =>
  dynamoDb.send(
    new PutItemCommand({
      TableName: FUNCTION_TABLE,
      Item: marshall({ functionName: '#destinations', allowed }),
    }),
  );

test('knows none before anything is deployed', async () => {
  expect(await new AllowedDestinations(table).find(QUEUE, 'echo', 0)).toBeUndefined();
});

test('trusts what it read for 30 s, and then reads again', async () => {
  const destinations = new AllowedDestinations(table);
  await allow({ destination: QUEUE }, WEBHOOK);
  expect(await destinations.find(QUEUE, 'echo', 0)).toEqual({ destination: QUEUE });
  expect(await destinations.find(WEBHOOK.destination, 'echo', 0)).toEqual(WEBHOOK);
  await allow();
  expect(await destinations.find(QUEUE, 'echo', 29_999)).toEqual({ destination: QUEUE });
  expect(await destinations.find(QUEUE, 'echo', 30_000)).toBeUndefined();
});

test('is no function of the registry', async () => {
  await allow({ destination: QUEUE });
  expect(await new FunctionRegistry(table).list()).toEqual([]);
});

test('lets a function name a destination that is allowed for it, in any spelling, and refuses every other', async () => {
  const queue = { destination: QUEUE, functions: ['other'] };
  await allow({ ...WEBHOOK, functions: ['echo'] }, queue);
  const deps = { allowedDestinations: new AllowedDestinations(table), clock: () => 0 };
  const check = (text: string, functionName = 'echo') =>
    checkedDestination(deps, functionName, 'onSuccess', text);
  expect(await check('https://EXAMPLE.com')).toBe('https://example.com/');
  expect(await check(QUEUE, 'other')).toBe(QUEUE);
  const refusal = (text: string) => ({
    code: 'InvalidArgument',
    message: `onSuccess must be one of the destinations that this deployment allows for function 'echo' (its onSuccess and onFailure, and TaskMode.allowDestination), got "${text}"`,
  });
  // The same words for the destination of another function and for one that nobody has.
  await expect(check(QUEUE)).rejects.toMatchObject(refusal(QUEUE));
  await expect(check(`${QUEUE}-2`)).rejects.toMatchObject(refusal(`${QUEUE}-2`));
  await expect(check('acs:x')).rejects.toMatchObject({ code: 'InvalidArgument' });
});

describe('an allowed destination', () => {
  const find = (functionName: string) => new AllowedDestinations(table).find(QUEUE, functionName, 0);

  test('AllowedDestinations finds a destination for the functions that it is allowed for, and for no other', async () => {
    const entry = { destination: QUEUE, functions: ['echo', 'wait'] };
    await allow(entry);
    expect(await find('echo')).toEqual(entry);
    expect(await find('wait')).toEqual(entry);
    expect(await find('echo-2')).toBeUndefined();
    expect(await find('constructor')).toBeUndefined();
  });

  test('AllowedDestinations reads rows without functions: their destinations are for all functions', async () => {
    await allow({ destination: QUEUE });
    expect(await find('echo')).toEqual({ destination: QUEUE });
    expect(await find('anything')).toEqual({ destination: QUEUE });
  });

  test('AllowedDestinations merges the functions of entries with the same destination', async () => {
    await allow({ destination: QUEUE, functions: ['echo'] }, { destination: QUEUE, functions: ['wait'] });
    expect(await find('echo')).toEqual({ destination: QUEUE, functions: ['echo', 'wait'] });
    expect(await find('wait')).toBeDefined();
    expect(await find('other')).toBeUndefined();
    await allow({ destination: QUEUE, functions: ['echo'] }, { destination: QUEUE });
    expect(await find('other')).toEqual({ destination: QUEUE });
  });

  test('AllowedDestinations no longer finds a destination for a function after a deployment removed it', async () => {
    const destinations = new AllowedDestinations(table);
    await allow({ destination: QUEUE, functions: ['echo', 'wait'] });
    expect(await destinations.find(QUEUE, 'echo', 0)).toBeDefined();
    await allow({ destination: QUEUE, functions: ['wait'] });
    expect(await destinations.find(QUEUE, 'echo', 30_000)).toBeUndefined();
    expect(await destinations.find(QUEUE, 'wait', 30_000)).toBeDefined();
  });
});
