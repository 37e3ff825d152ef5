import { isDeepStrictEqual } from 'node:util';
import type { GlobalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';
import {
  createTable,
  describeTable,
  finishRebuild,
  nameAside,
  rebuildTable,
  type Schema,
} from './rebuild-table.ts';

/**
 * Deploys AWS::DynamoDB::GlobalTable and AWS::DynamoDB::Table. An existing table keeps its rows, also if the template has
 * other indexes now: then it is made anew with them.
 * @throws StartupError if the template has another primary key now
 */
export async function deployTable(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const { dynamodb } = host;
  const name = properties.optionalString('TableName') ?? physicalName(host.stackName, logicalId, 255);
  const schema = schemaOf(resource);
  const existing = (await describeTable(dynamodb, name)) ?? (await describeTable(dynamodb, nameAside(name)));
  if (existing && !isDeepStrictEqual(primaryKey(existing), primaryKey(schema))) {
    throw new StartupError(
      `table ${name} (${logicalId}) is kept in the data directory with another primary key than the template's: start with --fresh to delete what is kept and begin anew`,
    );
  }
  if (existing === undefined) {
    await createTable(dynamodb, name, schema);
  } else if (existing.TableName === name && !isDeepStrictEqual(comparable(existing), comparable(schema))) {
    host.log(`table ${name} gets other indexes: it is made anew with all its rows`);
    await rebuildTable(dynamodb, name, schema);
  } else {
    await finishRebuild(dynamodb, name, schema);
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

function primaryKey({ KeySchema = [], AttributeDefinitions = [] }: Described): unknown {
  const typeOf = (name: string | undefined) =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  return KeySchema.map(
    ({ AttributeName, KeyType }) => `${KeyType}:${AttributeName}:${typeOf(AttributeName)}`,
  );
}

function keys(schema: Schema['KeySchema']): string[] {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${KeyType}:${AttributeName}`);
}
