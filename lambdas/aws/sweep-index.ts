import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { IndexState } from '../domain/lifecycle.ts';
import { SWEEP_PAGE_ENTRIES } from '../domain/limits.ts';
import { TASK_INDEXES } from '../domain/storage-names.ts';
import { sortKeyBounds, type TaskKey } from '../domain/task.ts';
import { callAws } from './faults.ts';
import { type Item, keyOf, primaryKeyOf, stateShardKey, timeShardOf, toAttributes } from './task-item.ts';

/** An entry of an index: of a row, and where it stands in its shard. */
export interface SweepEntry {
  readonly key: TaskKey;
  /** Sort keys are text in `byState`, and epoch milliseconds in `byWakeTime`. */
  readonly place: string;
}

/** One page of an index, which may be empty though more follow. */
export interface SweepPage {
  readonly entries: readonly SweepEntry[];
  /** Entries that are not of the function whose shard this is: a worker's role can put its own anywhere in `byState`. */
  readonly strays: readonly TaskKey[];
  /** The sort key up to which the shard was read; undefined at its end. */
  readonly scannedTo: string | undefined;
}

export interface FunctionShard {
  readonly functionName: string;
  readonly shard: number;
}

/** Which part of a shard of `byState` to read. */
export interface StateRange {
  /** Only entries behind this sort key. */
  readonly after?: string | undefined;
}

export interface SweepIndexOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** Queries the indexes of the task table for tasks that need the sweep. Indexes may lag behind: the rows decide. */
export class SweepIndex {
  readonly #options: SweepIndexOptions;

  constructor(options: SweepIndexOptions) {
    this.#options = options;
  }

  /** Finds the rows of a function's shard whose wake time comes by `until` (epoch milliseconds), the earliest first. */
  due({ functionName, shard }: FunctionShard, until: number): AsyncGenerator<SweepPage> {
    return this.#pages(functionName, 'wakeTime', {
      IndexName: TASK_INDEXES.byWakeTime,
      KeyConditionExpression: 'timeShard = :shard AND wakeTime <= :until',
      ExpressionAttributeValues: toAttributes({
        ':shard': timeShardOf(functionName, shard),
        ':until': until,
      }),
    });
  }

  /** Finds waiting tasks that have no wake time, the oldest first: submitted by `until`. */
  waiting(
    shard: FunctionShard,
    { until, after }: StateRange & { readonly until: number },
  ): AsyncGenerator<SweepPage> {
    const { high } = sortKeyBounds(0, until);
    return this.#pages(shard.functionName, 'sortKey', {
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard AND sortKey BETWEEN :low AND :high',
      FilterExpression: `attribute_not_exists(wakeTime) OR ${IS_STRAY}`,
      ExpressionAttributeValues: toAttributes({
        ':shard': stateKey(shard, 'waiting'),
        ':low': behind(after),
        ':high': high,
        ':own': ownKeys(shard),
      }),
    });
  }

  /** Finds every waiting task of a shard, whatever its wake time. */
  allWaiting(shard: FunctionShard, { after }: StateRange = {}): AsyncGenerator<SweepPage> {
    return this.#pages(shard.functionName, 'sortKey', {
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard AND sortKey >= :low',
      ExpressionAttributeValues: toAttributes({
        ':shard': stateKey(shard, 'waiting'),
        ':low': behind(after),
      }),
    });
  }

  /**
   * Finds running tasks whose first lease ended before `before`: later leases are in the rows only. Entries of an earlier
   * form do not have it, and are found as well.
   */
  pastFirstLease(
    shard: FunctionShard,
    { before, after }: StateRange & { readonly before: number },
  ): AsyncGenerator<SweepPage> {
    return this.#pages(shard.functionName, 'sortKey', {
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard AND sortKey >= :low',
      FilterExpression: `attribute_not_exists(lookFrom) OR lookFrom < :before OR ${IS_STRAY}`,
      ExpressionAttributeValues: toAttributes({
        ':shard': stateKey(shard, 'running'),
        ':low': behind(after),
        ':before': before,
        ':own': ownKeys(shard),
      }),
    });
  }

  /** Finds the entries of a partition of `byState` that workers of other functions have put there. */
  strays(shard: FunctionShard, state: IndexState): AsyncGenerator<SweepPage> {
    return this.#pages(shard.functionName, 'sortKey', {
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard',
      FilterExpression: IS_STRAY,
      ExpressionAttributeValues: toAttributes({ ':shard': stateKey(shard, state), ':own': ownKeys(shard) }),
    });
  }

  async *#pages(
    functionName: string,
    sortKey: 'sortKey' | 'wakeTime',
    query: Omit<QueryCommandInput, 'TableName'>,
  ): AsyncGenerator<SweepPage> {
    const { client, tableName } = this.#options;
    let from: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: tableName,
        ProjectionExpression: `pk, ${sortKey}`,
        Limit: SWEEP_PAGE_ENTRIES,
        ExclusiveStartKey: from,
        ...query,
      });
      const { Items = [], LastEvaluatedKey } = await callAws('DynamoDB', () => client.send(command));
      from = LastEvaluatedKey;
      const entries = Items.map((item) => ({ key: keyOf(item), place: placeOf(item, sortKey) }));
      yield {
        entries: entries.filter(({ key }) => key.functionName === functionName),
        strays: entries.flatMap(({ key }) => (key.functionName === functionName ? [] : key)),
        scannedTo: LastEvaluatedKey && placeOf(LastEvaluatedKey, sortKey),
      };
    } while (from);
  }
}

/** A worker may put entries of its own tasks into any partition, with whatever else a run writes: each look finds them. */
const IS_STRAY = 'NOT begins_with(pk, :own)';

/** What the keys of a function's rows begin with. */
function ownKeys({ functionName }: FunctionShard): string {
  return primaryKeyOf({ functionName, taskId: '' });
}

/** The partition of `byState` that a shard's tasks of a state are in. */
export function stateKey({ functionName, shard }: FunctionShard, state: IndexState): string {
  return stateShardKey(functionName, state, shard);
}

/** The lowest sort key behind another. Without one: the lowest there is, since DynamoDB takes no empty text. */
function behind(after: string | undefined): string {
  // '!' sorts before every character that an id can have.
  return after === undefined ? '0' : `${after}!`;
}

function placeOf(item: Item, sortKey: 'sortKey' | 'wakeTime'): string {
  return item[sortKey]?.S ?? item[sortKey]?.N ?? '';
}
