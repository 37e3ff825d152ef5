import {
  type DynamoDBClient,
  paginateQuery,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { IndexState } from '../domain/lifecycle.ts';
import { SWEEP_PAGE_ENTRIES } from '../domain/limits.ts';
import { TASK_INDEXES } from '../domain/storage-names.ts';
import { sortKeyBounds, type TaskKey } from '../domain/task.ts';
import { callAws } from './faults.ts';
import { keyOf, stateShardKey, toAttributes } from './task-item.ts';

/** One page of an index, which may be empty though more follow. */
export interface SweepPage {
  readonly keys: readonly TaskKey[];
  /** The sort key up to which the shard was looked at; undefined when this was to its end. */
  readonly scannedTo: string | undefined;
}

export interface StateShard {
  readonly functionName: string;
  readonly shard: number;
}

export interface SweepIndexOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** What the indexes of the task table tell about tasks that need somebody. They may lag behind: the rows decide. */
export class SweepIndex {
  readonly #options: SweepIndexOptions;

  constructor(options: SweepIndexOptions) {
    this.#options = options;
  }

  /** Finds the tasks of a wake shard whose wake time comes by `until`, the earliest first. */
  due(wakeShard: number, until: number): AsyncGenerator<SweepPage> {
    return this.#pages({
      IndexName: TASK_INDEXES.byWakeTime,
      KeyConditionExpression: 'wakeShard = :shard AND wakeTime <= :until',
      ExpressionAttributeValues: toAttributes({ ':shard': String(wakeShard), ':until': until }),
    });
  }

  /** Finds waiting tasks that have no wake time, the oldest first: submitted by `until`, and after the key `after`. */
  waiting(
    shard: StateShard,
    { until, after }: { readonly until: number; readonly after?: string | undefined },
  ): AsyncGenerator<SweepPage> {
    const { low, high } = sortKeyBounds(0, until);
    return this.#pages({
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard AND sortKey BETWEEN :low AND :high',
      FilterExpression: 'attribute_not_exists(wakeTime)',
      ExpressionAttributeValues: toAttributes({
        ...shardValue(shard, 'waiting'),
        ':low': after ?? low,
        ':high': high,
      }),
    });
  }

  /** Finds every waiting task of a shard, whatever its wake time. */
  allWaiting(shard: StateShard): AsyncGenerator<SweepPage> {
    return this.#pages({
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard',
      ExpressionAttributeValues: toAttributes(shardValue(shard, 'waiting')),
    });
  }

  /** Finds running tasks whose lease ended before `before`. */
  deadRuns(shard: StateShard, before: number): AsyncGenerator<SweepPage> {
    return this.#pages({
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard',
      FilterExpression: 'leaseUntil < :before',
      ExpressionAttributeValues: toAttributes({ ...shardValue(shard, 'running'), ':before': before }),
    });
  }

  async *#pages(query: Partial<QueryCommandInput>): AsyncGenerator<SweepPage> {
    const { client, tableName } = this.#options;
    const pages = paginateQuery({ client, pageSize: SWEEP_PAGE_ENTRIES }, { TableName: tableName, ...query });
    for (;;) {
      const { value, done } = await callAws('DynamoDB', () => pages.next());
      if (done || !value) return;
      yield toPage(value);
    }
  }
}

function shardValue({ functionName, shard }: StateShard, state: IndexState) {
  return { ':shard': stateShardKey(functionName, state, shard) };
}

function toPage({ Items = [], LastEvaluatedKey }: QueryCommandOutput): SweepPage {
  const last = LastEvaluatedKey && unmarshall(LastEvaluatedKey);
  return { keys: Items.map(keyOf), scannedTo: last && String(last.sortKey ?? last.wakeTime) };
}
