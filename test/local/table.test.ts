import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { shardOf } from '../../lambdas/domain/task.ts';
import type { Host } from '../../local/resources/deployer.ts';
import { Properties } from '../../local/resources/properties.ts';
import { deployTable } from '../../local/resources/table.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { newTask } from '../aws/tasks.ts';
import { NOTHING, startSweepWorld } from '../tasks/sweep-world.ts';
import { SHARDS } from '../tasks/world.ts';

const world = await startSweepWorld();
const { dynamoDb, time, read } = world;

const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' as const });
const range = (name: string) => ({ AttributeName: name, KeyType: 'RANGE' as const });
const attributes = (names: readonly string[]) => [
  ...names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
  { AttributeName: 'wakeTime', AttributeType: 'N' as const },
];
const KEYS_ONLY = { ProjectionType: 'KEYS_ONLY' as const };

/** The task table as an earlier version made it. */
const EARLIER = {
  AttributeDefinitions: attributes(['pk', 'timeShard', 'stateShard', 'wakeShard', 'sortKey']),
  KeySchema: [hash('pk')],
  GlobalSecondaryIndexes: [
    { IndexName: 'byTime', KeySchema: [hash('timeShard'), range('sortKey')], Projection: KEYS_ONLY },
    {
      IndexName: 'byState',
      KeySchema: [hash('stateShard'), range('sortKey')],
      Projection: {
        ProjectionType: 'INCLUDE' as const,
        NonKeyAttributes: ['status', 'leaseUntil', 'wakeTime'],
      },
    },
    { IndexName: 'byWakeTime', KeySchema: [hash('wakeShard'), range('wakeTime')], Projection: KEYS_ONLY },
  ],
};

const CURRENT = {
  AttributeDefinitions: attributes(['pk', 'timeShard', 'stateShard', 'sortKey']),
  KeySchema: [hash('pk')],
  GlobalSecondaryIndexes: [
    { IndexName: 'byTime', KeySchema: [hash('timeShard'), range('sortKey')], Projection: KEYS_ONLY },
    {
      IndexName: 'byState',
      KeySchema: [hash('stateShard'), range('sortKey')],
      Projection: {
        ProjectionType: 'INCLUDE' as const,
        NonKeyAttributes: ['status', 'lookFrom', 'wakeTime'],
      },
    },
    { IndexName: 'byWakeTime', KeySchema: [hash('timeShard'), range('wakeTime')], Projection: KEYS_ONLY },
  ],
};

const lines: string[] = [];

const deploy = (schema: object, client: DynamoDBClient = dynamoDb) =>
  deployTable(
    {
      logicalId: 'Table',
      type: 'AWS::DynamoDB::GlobalTable',
      properties: new Properties('Table', { TableName: TASK_TABLE, ...schema }),
      metadata: {},
    },
    {
      stackName: 'Test',
      region: 'us-east-1',
      accountId: '000000000000',
      dynamodb: client,
      tableNames: [],
      log: (line: string) => lines.push(line),
    } as unknown as Host,
  );

const tables = async () =>
  ((await dynamoDb.send(new ListTablesCommand({}))).TableNames ?? []).filter((name) =>
    name.startsWith(TASK_TABLE),
  );

const rowKeys = async () => {
  const keys: string[] = [];
  for await (const { Items = [] } of paginateScan({ client: dynamoDb }, { TableName: TASK_TABLE }))
    keys.push(...Items.map(({ pk }) => pk?.S ?? ''));
  return keys.sort();
};

const put = (row: Record<string, unknown>) =>
  dynamoDb.send(
    new PutItemCommand({ TableName: TASK_TABLE, Item: marshall(row, { removeUndefinedValues: true }) }),
  );

/** A row as an earlier version wrote it: without a version, and in an index of its own. */
function earlierRow(taskId: string, fields: Record<string, unknown> = {}) {
  const shard = shardOf(taskId, SHARDS);
  const task = newTask({ taskId, submitTime: time.now - 3_600_000, delayMs: 7_200_000 });
  return {
    ...task,
    pk: `echo#${taskId}`,
    sortKey: `000${task.submitTime - 1_000_000_000_000}#${taskId}`,
    timeShard: `echo#${shard}`,
    stateShard: `echo#waiting#${shard}`,
    ...fields,
  };
}

beforeEach(async () => {
  for (const name of await tables()) await dynamoDb.send(new DeleteTableCommand({ TableName: name }));
  await expect.poll(tables, { timeout: 20_000, interval: 10 }).toEqual([]);
  await dynamoDb.send(
    new CreateTableCommand({ TableName: TASK_TABLE, BillingMode: 'PAY_PER_REQUEST', ...EARLIER }),
  );
  lines.length = 0;
  const describe = () => dynamoDb.send(new DescribeTableCommand({ TableName: TASK_TABLE }));
  await expect
    .poll(async () => (await describe()).Table?.TableStatus, { timeout: 20_000, interval: 10 })
    .toBe('ACTIVE');
});

test('a table whose indexes changed is made anew with all its rows, and the sweep handles those of an earlier form', async () => {
  const dueTime = time.now + 60_000;
  await put(earlierRow('delayed', { wakeTime: dueTime, dueTime, notBefore: dueTime, wakeShard: '3' }));
  const startTime = time.now - 600_000;
  await put(
    earlierRow('dead', {
      status: 'Running',
      attempt: 1,
      runId: 'r',
      startTime,
      leaseUntil: startTime + 60_000,
      instanceId: 'i',
      notBefore: startTime,
      config: { maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 },
      stateShard: `echo#running#${shardOf('dead', SHARDS)}`,
    }),
  );
  await deploy(CURRENT);
  expect(lines).toEqual([`table ${TASK_TABLE} gets other indexes: it is made anew with all its rows`]);
  expect(await tables()).toEqual([TASK_TABLE]);
  expect(await world.sweep()).toEqual({ ...NOTHING, wokenUp: 1, deadRuns: 1 });
  expect(await read({ functionName: 'echo', taskId: 'dead' })).toMatchObject({
    status: 'Failed',
    version: 1,
  });
  expect(await read({ functionName: 'echo', taskId: 'delayed' })).not.toHaveProperty('wakeTime');
});

test('a table of the same schema keeps its rows and is not made anew', async () => {
  await put(earlierRow('one'));
  await deploy(EARLIER);
  expect(lines).toEqual([]);
  expect(await rowKeys()).toEqual(['echo#one']);
});

test('a table with another primary key is refused, and keeps its rows', async () => {
  await put(earlierRow('one'));
  const other = { ...CURRENT, KeySchema: [hash('sortKey')] };
  await expect(deploy(other)).rejects.toThrow(/table tasks .*another primary key.*--fresh/);
  expect(await rowKeys()).toEqual(['echo#one']);
});

describe('a start that dies while it makes a table anew', () => {
  /** A client whose process is gone after so many calls. */
  const dyingAfter = (calls: number) => {
    let made = 0;
    const send = async (...args: Parameters<DynamoDBClient['send']>) => {
      if (made >= calls) throw new Error('died');
      made += 1;
      return dynamoDb.send(...args);
    };
    return new Proxy(dynamoDb, {
      get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)),
    });
  };

  test('loses no row, wherever it dies, and the next start finishes', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `t-${n}`);
    const keys = ids.map((id) => `echo#${id}`).sort();
    for (const id of ids) await put(earlierRow(id));
    let deaths = 0;
    for (let calls = 1; ; calls += 1) {
      // Each round begins with the schema that the one before did not have.
      const schema = calls % 2 === 0 ? EARLIER : CURRENT;
      const isDone = await deploy(schema, dyingAfter(calls)).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe('died');
          return false;
        },
      );
      if (!isDone) deaths += 1;
      await deploy(schema);
      expect(await rowKeys()).toEqual(keys);
      expect(await tables()).toEqual([TASK_TABLE]);
      if (isDone) break;
    }
    expect(deaths).toBeGreaterThan(8);
  });

  test('loses no row when the template has other indexes again at the next start', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `t-${n}`);
    for (const id of ids) await put(earlierRow(id));
    const third = { ...CURRENT, GlobalSecondaryIndexes: CURRENT.GlobalSecondaryIndexes.slice(0, 2) };
    const thirdSchema = {
      ...third,
      AttributeDefinitions: third.AttributeDefinitions.filter(
        ({ AttributeName }) => AttributeName !== 'wakeTime',
      ),
    };
    for (let calls = 4; calls < 16; calls += 1) {
      await deploy(calls % 2 === 0 ? CURRENT : EARLIER, dyingAfter(calls)).catch(() => undefined);
      await deploy(calls % 4 < 2 ? thirdSchema : EARLIER);
      expect((await rowKeys()).length).toBe(30);
    }
  });
});
