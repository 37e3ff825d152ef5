import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
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
  expect(await new AllowedDestinations(table).find(QUEUE, 0)).toBeUndefined();
});

test('trusts what it read for 30 s, and then reads again', async () => {
  const destinations = new AllowedDestinations(table);
  await allow({ destination: QUEUE }, WEBHOOK);
  expect(await destinations.find(QUEUE, 0)).toEqual({ destination: QUEUE });
  expect(await destinations.find(WEBHOOK.destination, 0)).toEqual(WEBHOOK);
  await allow();
  expect(await destinations.find(QUEUE, 29_999)).toEqual({ destination: QUEUE });
  expect(await destinations.find(QUEUE, 30_000)).toBeUndefined();
});

test('is no function of the registry', async () => {
  await allow({ destination: QUEUE });
  expect(await new FunctionRegistry(table).list()).toEqual([]);
});

test('lets an allowed one be named at run time, in any spelling, and refuses every other', async () => {
  await allow(WEBHOOK);
  const deps = { allowedDestinations: new AllowedDestinations(table), clock: () => 0 };
  expect(await checkedDestination(deps, 'onSuccess', 'https://EXAMPLE.com')).toBe('https://example.com/');
  await expect(checkedDestination(deps, 'onSuccess', QUEUE)).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: `onSuccess must be one of the destinations that this deployment allows (TaskMode.allowDestination), got "${QUEUE}"`,
  });
  await expect(checkedDestination(deps, 'onSuccess', 'acs:x')).rejects.toMatchObject({
    code: 'InvalidArgument',
  });
});
