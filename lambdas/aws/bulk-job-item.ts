import { unmarshall } from '@aws-sdk/util-dynamodb';
import { BULK_JOB_STATUSES, type BulkJob, type BulkJobKey } from '../domain/bulk-job.ts';
import { BULK_JOB_ROW_PREFIX, BULK_JOB_TIME_SHARD_PREFIX } from '../domain/storage-names.ts';
import { sortKeyOf } from '../domain/task.ts';
import { type Item, toAttributes } from './task-item.ts';

/** The attributes that exist for the indexes only. */
const INDEX_ATTRIBUTES = ['pk', 'sortKey', 'timeShard', 'wakeShard'];

export function bulkJobKeyOf({ functionName, bulkJobId }: BulkJobKey): Item {
  return toAttributes({ pk: `${BULK_JOB_ROW_PREFIX}${functionName}/${bulkJobId}` });
}

/** Tells which job an index entry is of. */
export function keyOfBulkJob(item: Item): BulkJobKey {
  const key = String(unmarshall(item).pk).slice(BULK_JOB_ROW_PREFIX.length);
  // Neither a function name nor a job's id can have a slash.
  const end = key.indexOf('/');
  return { functionName: key.slice(0, end), bulkJobId: key.slice(end + 1) };
}

/** The partition of `byTime` and `byWakeTime` that a function's jobs are in. */
export function bulkJobTimeShardOf(functionName: string): string {
  return `${BULK_JOB_TIME_SHARD_PREFIX}${functionName}`;
}

export function toBulkJobItem(job: BulkJob): Item {
  return {
    ...toAttributes({
      ...job,
      timeShard: bulkJobTimeShardOf(job.functionName),
      sortKey: sortKeyOf(job.createdTime, job.bulkJobId),
    }),
    ...bulkJobKeyOf(job),
  };
}

/** @throws Error when the row was not written by us. */
export function toBulkJob(item: Item): BulkJob {
  const row = unmarshall(item);
  if (!BULK_JOB_STATUSES.includes(row.status) || typeof row.bulkJobId !== 'string') {
    throw new Error(
      `row ${JSON.stringify(row.pk)} of the task table is no bulk job: its status is ${row.status}`,
    );
  }
  for (const attribute of INDEX_ATTRIBUTES) delete row[attribute];
  return row as BulkJob;
}
