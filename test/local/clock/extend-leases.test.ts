import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { extendLeases } from '../../../local/clock/extend-leases.ts';
import { CREDENTIALS } from '../../../local/engines/engine.ts';
import { startTableEngine } from '../../../local/engines/table-engine.ts';
import { temporaryFolder } from '../fixtures/assembly.ts';

const HOUR_MS = 3_600_000;

test('leases that an advance has ended last as long as before; those that were over before stay so', async () => {
  const engine = await startTableEngine(await temporaryFolder());
  const dynamodb = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: engine.endpoint,
    credentials: CREDENTIALS,
  });
  const TableName = 'rows';
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
    }),
  );
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName });
  const from = 1_800_000_000_000;
  const leases = { live: from + 60_000, now: from, over: from - 1, later: from + HOUR_MS, none: undefined };
  for (const [name, lease] of Object.entries(leases)) {
    const Item = {
      pk: { S: name },
      sk: { N: '1' },
      text: { S: 'kept' },
      ...(lease !== undefined && { leaseUntil: { N: String(lease) } }),
    };
    await dynamodb.send(new PutItemCommand({ TableName, Item }));
  }
  // Twice, as what was written late is looked for again.
  await extendLeases(dynamodb, TableName, { from, to: from + HOUR_MS });
  await extendLeases(dynamodb, TableName, { from, to: from + HOUR_MS });
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName }));
  const found = Object.fromEntries(Items.map(({ pk, leaseUntil }) => [pk?.S, leaseUntil?.N]));
  expect(found).toEqual({
    live: String(from + HOUR_MS + 60_000),
    now: String(from + HOUR_MS),
    over: String(from - 1),
    later: String(from + HOUR_MS),
    none: undefined,
  });
  expect(Items.every(({ text }) => text?.S === 'kept')).toBe(true);
  dynamodb.destroy();
  await engine.stop();
});
