import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { BulkJobStore } from './aws/bulk-job-store.ts';
import { dynamoDb, sqs } from './aws/clients.ts';
import { EndStore } from './aws/end-store.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { parseBulkJobMessage } from './aws/message.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskIndex } from './aws/task-index.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { type BulkJob, matchedOf } from './domain/bulk-job.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { BULK_TIMEOUT_MARGIN_MS } from './domain/limits.ts';
import { runBulkJob } from './tasks/run-bulk-job.ts';

const logger = new Logger();
const countMetrics = metricLog(requiredEnv(process.env, ENV.service));
const table = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.taskTableName) };
const functionTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.functionTableName) };
const queueUrl = requiredEnv(process.env, ENV.bulkJobQueueUrl);
const queue = new TaskQueue({ client: sqs });
const dependencies = {
  jobs: new BulkJobStore(table),
  index: new TaskIndex(table),
  storeFor: (shardCount: number) => new TaskStore({ ...table, shardCount, countMetrics }),
  registry: new FunctionRegistry(functionTable),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  queue,
  ends: new EndStore(table),
  followUpQueueUrl: requiredEnv(process.env, ENV.followUpQueueUrl),
  clock: Date.now,
  pause: (milliseconds: number) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
  logFault: (key: object, error: unknown) =>
    logger.error('bulk job goes on after a pause: AWS did not take a call', {
      ...about(key),
      error: causeOf(error),
    }),
};

/** Works on bulk jobs. One that does not end in time has the same message come again: there is no chain of new ones. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const workUntil = Date.now() + context.getRemainingTimeInMillis() - BULK_TIMEOUT_MARGIN_MS;
  const kept: string[] = [];
  for (const record of Records) {
    const againSeconds = await work(record, workUntil);
    if (againSeconds === undefined) continue;
    kept.push(record.messageId);
    // Where that fails it comes again by itself, later.
    await queue.retime(queueUrl, record.receiptHandle, againSeconds).catch(() => false);
  }
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** How soon a message comes again: of a job that is to go on, and of one that AWS did not let be worked on. */
const AGAIN_SECONDS = { unfinished: 1, failed: 30 } as const;

/** Tells after how many seconds a message is to come again, if it is. */
async function work({ messageId, body }: SQSRecord, workUntil: number): Promise<number | undefined> {
  const key = parseBulkJobMessage(body);
  if (!key) {
    logger.error('message dropped: it is about no bulk job', { messageId });
    return undefined;
  }
  try {
    const end = await runBulkJob(dependencies, { key, runId: crypto.randomUUID(), workUntil });
    if (end.kind === 'ended') logEnd(end.job);
    return end.kind === 'unfinished' ? AGAIN_SECONDS.unfinished : undefined;
  } catch (error) {
    logger.error('bulk job could not be worked on: tried again', { ...key, error: causeOf(error) });
    return AGAIN_SECONDS.failed;
  }
}

/** Who had what done, and what came of it. */
function logEnd(job: BulkJob): void {
  const { action, filter, caller, reason, stoppedBy, error, refusedByCode } = job;
  const details = { ...about(job), action, filter, caller, reason, stoppedBy, matched: matchedOf(job) };
  const { done, unchanged, refused } = job;
  const counted = { ...details, done, unchanged, refused, refusedByCode };
  if (job.status === 'Failed') logger.error('bulk job failed', { ...counted, reasonOfFailure: error });
  else logger.info(`bulk job ended: ${job.status}`, counted);
}

function about({ functionName, bulkJobId }: Partial<BulkJob>) {
  return { functionName, bulkJobId };
}

function causeOf(error: unknown): string {
  return String(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
