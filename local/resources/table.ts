import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type GlobalSecondaryIndexDescription,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';

const POLL_MS = 5;

/** The part of a table that decides what can be asked of it. Billing, TTL, recovery and encryption decide nothing here. */
type Schema = Pick<
  CreateTableCommandInput,
  'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'
>;

/** Deploys AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table; an existing table of the same schema keeps its rows. */
export async function deployTable(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const name = properties.optionalString('TableName') ?? physicalName(host.stackName, logicalId, 255);
  const schema = schemaOf(resource);
  const existing = await describe(name, host);
  if (existing === undefined) {
    await host.dynamodb.send(
      new CreateTableCommand({ TableName: name, BillingMode: 'PAY_PER_REQUEST', ...schema }),
    );
    await untilActive(name, host);
  } else if (!isDeepStrictEqual(comparable(existing), comparable(schema))) {
    throw new StartupError(
      `table ${name} (${logicalId}) is kept in the data directory with another key schema or other indexes than the template's: start with --fresh to delete what is kept and begin anew`,
    );
  }
  host.tableNames.push(name);
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:dynamodb:${host.region}:${host.accountId}:table/${name}`,
      TableId: name,
      StreamArn: `arn:aws:dynamodb:${host.region}:${host.accountId}:table/${name}/stream/local`,
    },
  };
}

function schemaOf({ properties }: Resource): Schema {
  const globalIndexes = properties.objects('GlobalSecondaryIndexes').map(indexOf);
  const localIndexes = properties.objects('LocalSecondaryIndexes').map(indexOf);
  return {
    AttributeDefinitions: properties.objects('AttributeDefinitions').map((attribute) => ({
      AttributeName: attribute.string('AttributeName'),
      AttributeType: attribute.oneOf('AttributeType', ['S', 'N', 'B']),
    })),
    KeySchema: keySchemaOf(properties),
    ...(globalIndexes.length > 0 ? { GlobalSecondaryIndexes: globalIndexes } : {}),
    ...(localIndexes.length > 0 ? { LocalSecondaryIndexes: localIndexes } : {}),
  };
}

function indexOf(index: Properties) {
  const nonKeyAttributes = index.strings('Projection.NonKeyAttributes');
  return {
    IndexName: index.string('IndexName'),
    KeySchema: keySchemaOf(index),
    Projection: {
      ProjectionType: index.oneOf('Projection.ProjectionType', ['ALL', 'KEYS_ONLY', 'INCLUDE']),
      ...(nonKeyAttributes.length > 0 ? { NonKeyAttributes: [...nonKeyAttributes] } : {}),
    },
  };
}

function keySchemaOf(properties: Properties) {
  return properties.objects('KeySchema').map((key) => ({
    AttributeName: key.string('AttributeName'),
    KeyType: key.oneOf('KeyType', ['HASH', 'RANGE']),
  }));
}

async function describe(name: string, host: Host): Promise<TableDescription | undefined> {
  try {
    return (await host.dynamodb.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      return undefined;
    }
    throw error;
  }
}

/** A table takes items only when it is active, which an engine reports a moment after it was created. */
async function untilActive(name: string, host: Host): Promise<void> {
  while ((await describe(name, host))?.TableStatus !== 'ACTIVE') await pause(POLL_MS);
}

type Index = Pick<GlobalSecondaryIndexDescription, 'IndexName' | 'KeySchema' | 'Projection'>;
type Described = Schema | TableDescription;

function comparable(table: Described): unknown {
  const indexes = (list: readonly Index[] | undefined) =>
    (list ?? [])
      .map(({ IndexName, KeySchema, Projection }) => ({
        name: IndexName,
        keys: keys(KeySchema),
        projection: Projection?.ProjectionType,
        attributes: [...(Projection?.NonKeyAttributes ?? [])].sort(),
      }))
      .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  return {
    keys: keys(table.KeySchema),
    attributes: (table.AttributeDefinitions ?? [])
      .map(({ AttributeName, AttributeType }) => `${AttributeName}:${AttributeType}`)
      .sort(),
    global: indexes(table.GlobalSecondaryIndexes),
    local: indexes(table.LocalSecondaryIndexes),
  };
}

function keys(schema: Schema['KeySchema']): string[] {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${KeyType}:${AttributeName}`);
}
