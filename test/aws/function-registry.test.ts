import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { FUNCTION_TABLE, startEngines } from './engines.ts';

const { dynamoDb } = await startEngines();
const registry = new FunctionRegistry({ client: dynamoDb, tableName: FUNCTION_TABLE });

function put(row: Record<string, unknown>) {
  const Item = marshall({ queueUrl: 'q', deadLetterQueueUrl: 'd', shardCount: 2, ...row });
  return dynamoDb.send(new PutItemCommand({ TableName: FUNCTION_TABLE, Item }));
}

test('lists every function, removed ones included, however many pages they fill', async () => {
  // A page of a scan has 1 MB.
  const names = Array.from({ length: 12 }, (_, n) => `function-${n}`);
  for (const functionName of names) {
    await put({ functionName, shardCounts: new Set([2, 8]), note: 'x'.repeat(200_000) });
  }
  await put({ functionName: 'gone', shardCounts: new Set([2]), isDeleted: true });
  const records = await registry.list();
  expect(records.map(({ functionName }) => functionName).sort()).toEqual([...names, 'gone'].sort());
  expect(records.filter(({ isDeleted }) => isDeleted).map(({ functionName }) => functionName)).toEqual([
    'gone',
  ]);
  expect(records.find(({ functionName }) => functionName === 'function-0')).toMatchObject({
    queueUrl: 'q',
    deadLetterQueueUrl: 'd',
    shardCount: 2,
    maxShardCount: 8,
  });
});
