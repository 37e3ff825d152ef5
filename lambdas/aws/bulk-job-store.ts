import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type BulkJob,
  type BulkJobKey,
  type BulkJobStatus,
  isReadableBulkJob,
  isUnfinished,
  UNFINISHED_BULK_JOB_STATUSES,
} from '../domain/bulk-job.ts';
import { BULK_LEASE_MS, BULK_WAKE_AFTER_MS } from '../domain/limits.ts';
import { bulkJobKeyOf, toBulkJob, toBulkJobItem } from './bulk-job-item.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';
import { Update } from './update-expression.ts';

// By the names on the wire: a bundle's minifier renames the SDK's classes.
const CONDITION_FAILED = ['ConditionalCheckFailedException'];

/** A guarded write took, or did not: then what the row says decides. */
export type BulkJobOutcome =
  | { readonly isWritten: true; readonly job: BulkJob }
  | { readonly isWritten: false; readonly current: BulkJob | undefined };

/** What its worker notes of a job that goes on. */
export type BulkProgress = Partial<
  Pick<
    BulkJob,
    | 'place'
    | 'batch'
    | 'progressTime'
    | 'isMaxTasksReached'
    | 'done'
    | 'unchanged'
    | 'refused'
    | 'refusedByCode'
    | 'errors'
  >
>;

export interface BulkJobStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Ends every call when it aborts: the deadline of the request that this store serves. */
  readonly signal?: AbortSignal;
}

/**
 * The rows of bulk jobs, in the task table beside those of tasks. One worker at a time writes a job's progress: each of its
 * writes carries its signature as the fence, and sets values that it knows, so that it may be repeated.
 */
export class BulkJobStore {
  readonly #options: BulkJobStoreOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: BulkJobStoreOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  /** Creates a job, unless its id is taken by one that is not forgotten yet. */
  async create(job: BulkJob, now: number): Promise<BulkJobOutcome> {
    const command = new PutItemCommand({
      TableName: this.#options.tableName,
      Item: toBulkJobItem(job),
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
      ExpressionAttributeValues: toAttributes({ ':now': Math.floor(now / 1000) }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return this.#guarded(job, async () => {
      await this.#options.client.send(command, this.#call);
      return job;
    });
  }

  /** Reads one job, consistently; undefined when there is none or its time to be read is over. */
  async get(key: BulkJobKey, now: number): Promise<BulkJob | undefined> {
    const job = await this.#read(key);
    return job && isReadableBulkJob(job, now) ? job : undefined;
  }

  /** Takes up a job as it was read, unless somebody works on it. */
  async claim(job: BulkJob, runId: string, now: number): Promise<BulkJobOutcome> {
    const update = new Update()
      .set({ runId, ...lease(now) })
      .set(job.status === 'Pending' ? { status: 'Running', startTime: now, progressTime: now } : {})
      .whenSame({ status: job.status })
      .when('(attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR runId = :mine)', {
        ...toAttributes({ ':now': now, ':mine': runId }),
      });
    return this.#update(job, update, (row) => row.runId === runId && isUnfinished(row));
  }

  /** Notes how far a job is, and keeps its lease; not once another worker has it, or it has ended. */
  async advance(job: BulkJob, progress: BulkProgress, now: number): Promise<BulkJobOutcome> {
    return this.#update(job, this.#fenced(job).set({ ...progress, ...lease(now) }));
  }

  /** Gives a job back that is to go on, for whoever takes it up next. */
  async release(job: BulkJob, now: number): Promise<BulkJobOutcome> {
    const update = this.#fenced(job).set({ leaseUntil: 0, wakeTime: now + BULK_WAKE_AFTER_MS });
    return this.#update(job, update);
  }

  /** Ends a job as it was read: one that was asked to stop since is not ended otherwise. */
  async end(
    job: BulkJob,
    status: BulkJobStatus,
    { now, error }: { readonly now: number; readonly error?: string | undefined },
  ): Promise<BulkJobOutcome> {
    const update = new Update()
      .set({ status, endTime: now, batch: [], leaseUntil: undefined, wakeTime: undefined })
      .set(error === undefined ? {} : { error })
      .whenSame({ status: job.status, runId: job.runId });
    return this.#update(job, update, (row) => row.status === status && row.runId === job.runId);
  }

  /** Asks a job as it was read to stop: one that nobody has taken up yet ends at once. */
  async requestStop(job: BulkJob, stoppedBy: string | undefined, now: number): Promise<BulkJobOutcome> {
    const update = new Update()
      .set(
        job.status === 'Pending'
          ? { status: 'Stopped', endTime: now, wakeTime: undefined }
          : { status: 'Stopping' },
      )
      .set(stoppedBy === undefined ? {} : { stoppedBy })
      .whenSame({ status: job.status });
    return this.#update(job, update);
  }

  /** Notes when the sweep is to look at a job again, unless something has happened to it since. */
  async noteWakeTime(job: BulkJob, wakeTime: number): Promise<BulkJobOutcome> {
    const update = new Update().set({ wakeTime }).whenSame({ status: job.status, wakeTime: job.wakeTime });
    return this.#update(job, update);
  }

  /** A write of the worker that has the job. */
  #fenced({ runId }: BulkJob): Update {
    const statuses = UNFINISHED_BULK_JOB_STATUSES.map((status): [string, string] => [`:${status}`, status]);
    return new Update()
      .whenSame({ runId })
      .when(
        `#status IN (${statuses.map(([name]) => name).join(', ')})`,
        toAttributes(Object.fromEntries(statuses)),
      );
  }

  async #update(
    key: BulkJobKey,
    update: Update,
    isOwn: (row: BulkJob) => boolean = () => false,
  ): Promise<BulkJobOutcome> {
    const command = new UpdateItemCommand({
      TableName: this.#options.tableName,
      Key: bulkJobKeyOf(key),
      ...update.build(),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const write = async () => {
      const { Attributes } = await this.#options.client.send(command, this.#call);
      return toBulkJob(Attributes ?? {});
    };
    return this.#guarded(key, write, isOwn);
  }

  /** Makes a conditional write. When its condition fails, the row tells whether it is this write that is in it. */
  async #guarded(
    key: BulkJobKey,
    write: () => Promise<BulkJob>,
    isOwn: (row: BulkJob) => boolean = () => false,
  ): Promise<BulkJobOutcome> {
    try {
      return { isWritten: true, job: await callAws('DynamoDB', write, CONDITION_FAILED) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // Engines that do not return the row with the refusal are asked for it.
      const current = error.Item ? toBulkJob(error.Item) : await this.#read(key);
      return current && isOwn(current) ? { isWritten: true, job: current } : { isWritten: false, current };
    }
  }

  async #read(key: BulkJobKey): Promise<BulkJob | undefined> {
    const command = new GetItemCommand({
      TableName: this.#options.tableName,
      Key: bulkJobKeyOf(key),
      ConsistentRead: true,
    });
    const { Item } = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    return Item && toBulkJob(Item);
  }
}

/** How long its worker has a job without another word, and when the sweep is to see to it then. */
function lease(now: number) {
  const leaseUntil = now + BULK_LEASE_MS;
  return { leaseUntil, wakeTime: leaseUntil + BULK_WAKE_AFTER_MS };
}
