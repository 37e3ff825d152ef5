import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { RuntimeSettings, TaskFunctionRecord } from '../domain/task-function.ts';
import { callAws } from './faults.ts';
import { toRecord } from './function-registry.ts';
import { toAttributes } from './task-item.ts';

export interface FunctionSettingsOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

/** What operators set on functions at run time: fields of the registry's rows that no deployment touches. */
export class FunctionSettings {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ client, tableName, signal }: FunctionSettingsOptions) {
    this.#client = client;
    this.#tableName = tableName;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /** Reads a function as it is now; undefined when there never was one of this name. */
  async read(functionName: string): Promise<TaskFunctionRecord | undefined> {
    const command = new GetItemCommand({
      TableName: this.#tableName,
      Key: toAttributes({ functionName }),
      ConsistentRead: true,
    });
    const { Item } = await callAws('DynamoDB', () => this.#client.send(command, this.#call));
    return Item && toRecord(unmarshall(Item));
  }

  /**
   * Writes a setting, or removes it where the value is undefined, over the one of the revision that was read. Tells
   * whether it did: not when another write came in between, or the function was removed.
   */
  async write<Name extends keyof RuntimeSettings>(
    functionName: string,
    name: Name,
    value: RuntimeSettings[Name],
    readRevision: string | undefined,
  ): Promise<boolean> {
    const isSame = readRevision === undefined ? 'attribute_not_exists(#name)' : '#name.#revision = :read';
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: toAttributes({ functionName }),
      UpdateExpression: value === undefined ? 'REMOVE #name' : 'SET #name = :value',
      // A row is not made: functions come by deployments.
      ConditionExpression: `attribute_exists(functionName) AND attribute_not_exists(isDeleted) AND ${isSame}`,
      ExpressionAttributeNames: {
        '#name': name,
        ...(readRevision !== undefined && { '#revision': 'revision' }),
      },
      ...valuesOf({ ':value': value, ':read': readRevision }),
    });
    try {
      await callAws('DynamoDB', () => this.#client.send(command, this.#call), [CONDITION_FAILED]);
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === CONDITION_FAILED) return false;
      throw error;
    }
  }
}

const CONDITION_FAILED = 'ConditionalCheckFailedException';

/** DynamoDB refuses values that no expression uses, and an empty set of them. */
function valuesOf(values: Record<string, unknown>) {
  const attributes = toAttributes(values);
  return Object.keys(attributes).length > 0 ? { ExpressionAttributeValues: attributes } : {};
}
