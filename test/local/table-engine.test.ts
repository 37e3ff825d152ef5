import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { temporaryFolder } from './fixtures/assembly.ts';

const AT_ONCE = 20;

it('answers what it works on before it stops', async () => {
  const engine = await startTableEngine(await temporaryFolder());
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: engine.endpoint,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
    }),
  );
  await waitUntilTableExists(
    { client: client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { TableName: 'table' },
  );
  const put = (key: number) =>
    client.send(
      new PutItemCommand({
        TableName: 'table',
        Item: { key: { S: String(key) }, text: { S: 'x'.repeat(100_000) } },
      }),
    );
  // Opens the connections, so that the next ones are with the engine at once.
  await Promise.all(Array.from({ length: AT_ONCE }, (_, key) => put(key)));
  const puts = Array.from({ length: AT_ONCE }, (_, key) => put(key));
  await Promise.race(puts);
  await engine.stop();
  const outcomes = await Promise.allSettled(puts);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  client.destroy();
});
