import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type IndexState, indexStateOf, isTaskStatus, type TaskStatus } from '../domain/lifecycle.ts';
import { TASK_INDEXES } from '../domain/storage-names.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import { BatchGet } from './batch-get.ts';
import { callAws } from './faults.ts';
import { listed, statusValues } from './task-guards.ts';
import {
  type Item,
  keyOf,
  primaryKeyOf,
  stateShardKey,
  stateShardOf,
  timeShardOf,
  toAttributes,
  toTask,
} from './task-item.ts';

export interface IndexEntry {
  readonly taskId: string;
  readonly sortKey: string;
}

export interface ShardQuery {
  readonly functionName: string;
  readonly shard: number;
  /** Bounds of the sort key, inclusive. */
  readonly low: string;
  readonly high: string;
  readonly order: 'asc' | 'desc';
  readonly status?: TaskStatus | undefined;
  readonly idPrefix?: string | undefined;
  /** How many index entries to look at. */
  readonly maxScanned: number;
}

export interface ShardPage {
  readonly entries: readonly IndexEntry[];
  /** The sort key up to which the shard was looked at; undefined when it was looked at to the end. */
  readonly scannedTo: string | undefined;
}

export interface ShardCount {
  readonly functionName: string;
  readonly state: IndexState;
  readonly shard: number;
  /** Only what sorts before this. */
  readonly below?: string | undefined;
  /** How many index entries to look at. */
  readonly maxScanned: number;
}

/** How many tasks of a shard have each status. */
export interface ShardCounts {
  readonly counts: ReadonlyMap<TaskStatus, number>;
  /** Whether the shard was looked at to the end. */
  readonly isWhole: boolean;
}

/** Which tasks of a shard and coarse state: all whose status and id fit. */
export interface StateQuery {
  readonly functionName: string;
  readonly state: IndexState;
  readonly shard: number;
  readonly statuses: readonly TaskStatus[];
  readonly idPrefix: string | undefined;
  /** Bounds of the sort key, inclusive. */
  readonly low: string;
  readonly high: string;
  /** How many index entries to look at. */
  readonly maxScanned: number;
}

export interface StateEntry extends IndexEntry {
  readonly status: TaskStatus;
}

export interface StatePage {
  readonly entries: readonly StateEntry[];
  /** The sort key up to which the shard was looked at; undefined when it was looked at to the end. */
  readonly scannedTo: string | undefined;
}

export interface TaskIndexOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

/**
 * Queries the indexes of the task table, and reads rows by their keys. DynamoDB BatchGetItem takes 100 keys a request, as many
 * as the longest page has.
 */
export class TaskIndex {
  readonly #options: TaskIndexOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: TaskIndexOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  /** Reads one page of a shard, by status where the index has the status, else by time. */
  async queryShard(query: ShardQuery): Promise<ShardPage> {
    const { functionName, shard, status, idPrefix } = query;
    const stateShard = status && stateShardOf(functionName, status, shard);
    const filters = [
      ...(stateShard === undefined ? [] : ['#status = :status']),
      ...(idPrefix ? ['begins_with(pk, :prefix)'] : []),
    ];
    const command = new QueryCommand({
      TableName: this.#options.tableName,
      IndexName: stateShard === undefined ? TASK_INDEXES.byTime : TASK_INDEXES.byState,
      KeyConditionExpression: '#shard = :shard AND sortKey BETWEEN :low AND :high',
      ...(filters.length > 0 && { FilterExpression: filters.join(' AND ') }),
      ExpressionAttributeNames: {
        '#shard': stateShard === undefined ? 'timeShard' : 'stateShard',
        ...(stateShard !== undefined && { '#status': 'status' }),
      },
      ExpressionAttributeValues: toAttributes({
        ':shard': stateShard ?? timeShardOf(functionName, shard),
        ':low': query.low,
        ':high': query.high,
        ':status': stateShard === undefined ? undefined : status,
        ':prefix': idPrefix ? primaryKeyOf({ functionName, taskId: idPrefix }) : undefined,
      }),
      ScanIndexForward: query.order === 'asc',
      Limit: query.maxScanned,
    });
    const answer = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    const last = answer.LastEvaluatedKey?.sortKey?.S;
    return { entries: entriesOf(answer.Items, functionName), scannedTo: last };
  }

  /** Counts the tasks of a shard by status, as far as it looks. */
  async countShard({ functionName, state, shard, below, maxScanned }: ShardCount): Promise<ShardCounts> {
    const command = new QueryCommand({
      TableName: this.#options.tableName,
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: `stateShard = :shard${below === undefined ? '' : ' AND sortKey < :below'}`,
      ProjectionExpression: 'pk, #status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: toAttributes({
        ':shard': stateShardKey(functionName, state, shard),
        ':below': below,
      }),
      Limit: maxScanned,
    });
    const answer = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    const counts = new Map<TaskStatus, number>();
    for (const item of answer.Items ?? []) {
      const status = item.status?.S;
      if (isOf(item, functionName) && isTaskStatus(status)) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    return { counts, isWhole: answer.LastEvaluatedKey === undefined };
  }

  /** Reads one page of the tasks of some statuses in a shard, the oldest first. */
  async queryState({
    functionName,
    state,
    shard,
    statuses,
    idPrefix,
    ...query
  }: StateQuery): Promise<StatePage> {
    const prefix = idPrefix ? primaryKeyOf({ functionName, taskId: idPrefix }) : undefined;
    const command = new QueryCommand({
      TableName: this.#options.tableName,
      IndexName: TASK_INDEXES.byState,
      KeyConditionExpression: 'stateShard = :shard AND sortKey BETWEEN :low AND :high',
      FilterExpression: `#status IN (${listed(statuses)})${prefix ? ' AND begins_with(pk, :prefix)' : ''}`,
      ProjectionExpression: 'pk, sortKey, #status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ...toAttributes({
          ':shard': stateShardKey(functionName, state, shard),
          ':low': query.low,
          ':high': query.high,
          ':prefix': prefix,
        }),
        ...statusValues(statuses),
      },
      Limit: query.maxScanned,
    });
    const answer = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    return {
      entries: (answer.Items ?? []).flatMap((item) => {
        const status = item.status?.S;
        return isOf(item, functionName) && isTaskStatus(status) ? [{ ...toEntry(item), status }] : [];
      }),
      scannedTo: answer.LastEvaluatedKey?.sortKey?.S,
    };
  }

  /** Reads the rows of at most 100 tasks, consistently, in no particular order; the ones that are gone are left out. */
  async readAll(keys: readonly TaskKey[]): Promise<Task[]> {
    const rows = await new BatchGet(this.#options).read({
      keys: keys.map((key) => toAttributes({ pk: primaryKeyOf(key) })),
    });
    return rows.flatMap((row) => toTask(row) ?? []);
  }
}

/** Tells whether `byState` finds this status; Succeeded is in no index but the one by time. */
export function isIndexedByState(status: TaskStatus): boolean {
  return indexStateOf(status) !== undefined;
}

function entriesOf(items: readonly Item[] | undefined, functionName: string): IndexEntry[] {
  return (items ?? []).flatMap((item) => (isOf(item, functionName) ? toEntry(item) : []));
}

/** Tells whether an entry is of the function asked for: workers may put entries into any partition of `byState`. */
function isOf(item: Item, functionName: string): boolean {
  return keyOf(item).functionName === functionName;
}

function toEntry(item: Item): IndexEntry {
  return { taskId: keyOf(item).taskId, sortKey: item.sortKey?.S ?? '' };
}
