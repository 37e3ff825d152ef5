import { setTimeout as pause } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  paginateScan,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

const POLL_MS = 5;

/** How many rows one BatchWriteItem takes (AWS DynamoDB quota). */
const ROWS_PER_WRITE = 25;

/** The longest name of a table (AWS DynamoDB quota). */
const NAME_MAX_CHARACTERS = 255;

const COPY_SUFFIX = '.rows';

/** The part of a table that decides what can be asked of it. Billing, TTL, recovery and encryption decide nothing here. */
export type Schema = Pick<
  CreateTableCommandInput,
  'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'
>;

/** Describes a table, or returns undefined if there is none; waits while the engine still creates or deletes it. */
export async function describeTable(
  dynamodb: DynamoDBClient,
  name: string,
): Promise<TableDescription | undefined> {
  for (;;) {
    try {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
      if (Table?.TableStatus !== 'CREATING' && Table?.TableStatus !== 'DELETING') return Table;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
    await pause(POLL_MS);
  }
}

/** Creates a table and returns when it takes rows: an engine reports that a moment later. */
export async function createTable(dynamodb: DynamoDBClient, name: string, schema: Schema): Promise<void> {
  await dynamodb.send(new CreateTableCommand({ TableName: name, BillingMode: 'PAY_PER_REQUEST', ...schema }));
  await describeTable(dynamodb, name);
}

/**
 * Makes a table anew with other indexes and all its rows, which are put aside in a table of their own meanwhile. At every
 * instant one of the two has each row, so that the next start finishes what a crash has cut short (`finishRebuild`).
 */
export async function rebuildTable(dynamodb: DynamoDBClient, name: string, schema: Schema): Promise<void> {
  const aside = nameAside(name);
  // After a crash it may have rows that are in neither the table that is there nor in a new one.
  if (!(await describeTable(dynamodb, aside))) await createTable(dynamodb, aside, keysOnly(schema));
  await copyRows(dynamodb, name, aside);
  await deleteTable(dynamodb, name);
  await finishRebuild(dynamodb, name, schema);
}

/** Brings the rows back that were put aside, if there are any. */
export async function finishRebuild(dynamodb: DynamoDBClient, name: string, schema: Schema): Promise<void> {
  const aside = nameAside(name);
  if (!(await describeTable(dynamodb, aside))) return;
  if (!(await describeTable(dynamodb, name))) await createTable(dynamodb, name, schema);
  await copyRows(dynamodb, aside, name);
  await deleteTable(dynamodb, aside);
}

export function nameAside(name: string): string {
  return `${name.slice(0, NAME_MAX_CHARACTERS - COPY_SUFFIX.length)}${COPY_SUFFIX}`;
}

/** The schema of a table that holds rows and has no index, whatever attributes they have. */
function keysOnly({ KeySchema = [], AttributeDefinitions = [] }: Schema): Schema {
  const names = KeySchema.map(({ AttributeName }) => AttributeName);
  return {
    KeySchema,
    AttributeDefinitions: AttributeDefinitions.filter(({ AttributeName }) => names.includes(AttributeName)),
  };
}

async function deleteTable(dynamodb: DynamoDBClient, name: string): Promise<void> {
  await dynamodb.send(new DeleteTableCommand({ TableName: name }));
  while (await describeTable(dynamodb, name)) await pause(POLL_MS);
}

async function copyRows(dynamodb: DynamoDBClient, from: string, to: string): Promise<void> {
  const pages = paginateScan({ client: dynamodb }, { TableName: from, ConsistentRead: true });
  for await (const { Items = [] } of pages) {
    for (let next = 0; next < Items.length; next += ROWS_PER_WRITE)
      await writeRows(dynamodb, to, Items.slice(next, next + ROWS_PER_WRITE));
  }
}

async function writeRows(
  dynamodb: DynamoDBClient,
  table: string,
  rows: readonly Record<string, AttributeValue>[],
): Promise<void> {
  let pending = rows.map((Item) => ({ PutRequest: { Item } }));
  while (pending.length > 0) {
    const command = new BatchWriteItemCommand({ RequestItems: { [table]: pending } });
    const { UnprocessedItems = {} } = await dynamodb.send(command);
    const left = UnprocessedItems[table] ?? [];
    pending = left.flatMap(({ PutRequest }) =>
      PutRequest?.Item ? [{ PutRequest: { Item: PutRequest.Item } }] : [],
    );
    if (pending.length > 0) await pause(POLL_MS);
  }
}
