import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { REGISTRY_CACHE_MS } from '../domain/limits.ts';
import { isFunctionRow } from '../domain/storage-names.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface FunctionRegistryOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

const CONDITION_FAILED = ['ConditionalCheckFailedException'];

/** The functions that take tasks. One instance lives as long as its handler, and trusts a record for 30 s. */
export class FunctionRegistry {
  readonly #options: FunctionRegistryOptions;
  readonly #cache = new Map<string, { readonly record: TaskFunctionRecord; readonly readTime: number }>();

  constructor(options: FunctionRegistryOptions) {
    this.#options = options;
  }

  /** Finds a function, removed ones included; undefined when there never was one of this name. */
  async find(
    functionName: string,
    now: number,
    signal?: AbortSignal,
  ): Promise<TaskFunctionRecord | undefined> {
    const cached = this.#cache.get(functionName);
    if (cached && now - cached.readTime < REGISTRY_CACHE_MS) return cached.record;
    const command = new GetItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ functionName }),
    });
    const { Item } = await callAws('DynamoDB', () =>
      this.#options.client.send(command, signal ? { abortSignal: signal } : {}),
    );
    if (!Item) return undefined;
    const record = toRecord(unmarshall(Item));
    this.#cache.set(functionName, { record, readTime: now });
    return record;
  }

  /** Lists every function that tasks may be known of, removed ones included, as they are now. */
  async list(signal?: AbortSignal): Promise<TaskFunctionRecord[]> {
    const records: TaskFunctionRecord[] = [];
    const { client, tableName } = this.#options;
    const pages = paginateScan(
      { client },
      { TableName: tableName, ConsistentRead: true },
      signal ? { abortSignal: signal } : {},
    );
    await callAws('DynamoDB', async () => {
      for await (const { Items = [] } of pages) {
        const rows = Items.map((item) => unmarshall(item));
        records.push(...rows.filter(({ functionName }) => isFunctionRow(String(functionName))).map(toRecord));
      }
    });
    return records;
  }

  /** Notes when a removed function was first seen to be so. It is left alone when it was deployed again since. */
  noteRemoved(functionName: string, deletedTime: number): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ functionName }),
      UpdateExpression: 'SET deletedTime = :deletedTime',
      ConditionExpression: 'isDeleted = :true AND attribute_not_exists(deletedTime)',
      ExpressionAttributeValues: toAttributes({ ':true': true, ':deletedTime': deletedTime }),
    });
    return this.#isWritten(() => this.#options.client.send(command));
  }

  /** Removes what is left of a removed function, unless it was deployed again since `deletedTime`; tells whether. */
  removeRemoved(functionName: string, deletedTime: number): Promise<boolean> {
    const command = new DeleteItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ functionName }),
      ConditionExpression: 'isDeleted = :true AND deletedTime = :deletedTime',
      ExpressionAttributeValues: toAttributes({ ':true': true, ':deletedTime': deletedTime }),
    });
    return this.#isWritten(() => this.#options.client.send(command));
  }

  async #isWritten(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await callAws('DynamoDB', write, CONDITION_FAILED);
      return true;
    } catch (error) {
      if (error instanceof Error && CONDITION_FAILED.includes(error.name)) return false;
      throw error;
    }
  }

  /** Reads the function anew next time. */
  forget(functionName: string): void {
    this.#cache.delete(functionName);
  }
}

export function toRecord(row: ReturnType<typeof unmarshall>): TaskFunctionRecord {
  const { functionName, functionArn, queueUrl, deadLetterQueueUrl, eventSourceId, logGroupName, defaults } =
    row;
  const { scaling, instanceConcurrency, runtimeConcurrency } = row;
  const { shardCount, shardCounts, runtimeConfig, deletedTime } = row;
  if (typeof functionName !== 'string' || typeof queueUrl !== 'string' || typeof shardCount !== 'number') {
    throw new Error(`row "${functionName}" of the function table is no registered function`);
  }
  return {
    functionName,
    functionArn,
    queueUrl,
    deadLetterQueueUrl,
    eventSourceId,
    logGroupName,
    shardCount,
    maxShardCount: Math.max(shardCount, ...shardCounts),
    defaults,
    ...(runtimeConfig && { runtimeConfig }),
    scaling,
    instanceConcurrency,
    ...(runtimeConcurrency && { runtimeConcurrency }),
    isDeleted: row.isDeleted === true,
    ...(deletedTime !== undefined && { deletedTime }),
  };
}
