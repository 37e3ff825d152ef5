import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type BulkJob, type BulkJobKey, isReadableBulkJob } from '../domain/bulk-job.ts';
import { TASK_INDEXES } from '../domain/storage-names.ts';
import { sortKeyOf } from '../domain/task.ts';
import { BatchGet } from './batch-get.ts';
import { bulkJobKeyOf, bulkJobTimeShardOf, keyOfBulkJob, toBulkJob } from './bulk-job-item.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface BulkJobsPage {
  readonly jobs: readonly BulkJob[];
  /** The sort key up to which the list was read; undefined at its end. */
  readonly readTo: string | undefined;
}

export interface BulkJobsQuery {
  readonly limit: number;
  readonly after: string | undefined;
  readonly now: number;
}

export interface BulkJobIndexOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Ends every call when it aborts: the deadline of the request that this index serves. */
  readonly signal?: AbortSignal;
}

/** What the indexes of the task table tell about bulk jobs. They may lag behind: the rows decide. */
export class BulkJobIndex {
  readonly #options: BulkJobIndexOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: BulkJobIndexOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  /** Lists the jobs of a function, the latest first. The index may lag behind the rows by moments. */
  async list(functionName: string, { limit, after, now }: BulkJobsQuery): Promise<BulkJobsPage> {
    const command = new QueryCommand({
      TableName: this.#options.tableName,
      IndexName: TASK_INDEXES.byTime,
      KeyConditionExpression: `timeShard = :shard${after === undefined ? '' : ' AND sortKey < :after'}`,
      ExpressionAttributeValues: toAttributes({
        ':shard': bulkJobTimeShardOf(functionName),
        ':after': after,
      }),
      ScanIndexForward: false,
      Limit: limit,
    });
    const { Items = [], LastEvaluatedKey } = await callAws('DynamoDB', () =>
      this.#options.client.send(command, this.#call),
    );
    const jobs = (await this.#readAll(Items.map(keyOfBulkJob))).filter((job) => isReadableBulkJob(job, now));
    const place = ({ createdTime, bulkJobId }: BulkJob) => sortKeyOf(createdTime, bulkJobId);
    return {
      jobs: jobs.sort((a, b) => (place(a) < place(b) ? 1 : -1)),
      readTo: LastEvaluatedKey && String(unmarshall(LastEvaluatedKey).sortKey),
    };
  }

  /** Finds the unfinished jobs of a function whose wake time has come: no worker seems to have them. */
  async due(functionName: string, until: number): Promise<readonly BulkJobKey[]> {
    const command = new QueryCommand({
      TableName: this.#options.tableName,
      IndexName: TASK_INDEXES.byWakeTime,
      KeyConditionExpression: 'timeShard = :shard AND wakeTime <= :until',
      ExpressionAttributeValues: toAttributes({
        ':shard': bulkJobTimeShardOf(functionName),
        ':until': until,
      }),
    });
    const { Items = [] } = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    return Items.map(keyOfBulkJob);
  }

  async #readAll(keys: readonly BulkJobKey[]): Promise<BulkJob[]> {
    const rows = await new BatchGet(this.#options).read({ keys: keys.map(bulkJobKeyOf) });
    return rows.map(toBulkJob);
  }
}
