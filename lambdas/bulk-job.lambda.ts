import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { BulkJobStore } from './aws/bulk-job-store.ts';
import { dynamoDb, sqs } from './aws/clients.ts';
import { EndStore } from './aws/end-store.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { type BulkJobMessage, parseBulkJobMessage } from './aws/message.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskIndex } from './aws/task-index.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { type BulkJob, matchedOf } from './domain/bulk-job.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { BULK_TIMEOUT_MARGIN_MS, FRESH_RETRY_MS } from './domain/limits.ts';
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

/** Works on bulk jobs. One that is to go on has a fresh message, sent before its own goes. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const workUntil = Date.now() + context.getRemainingTimeInMillis() - BULK_TIMEOUT_MARGIN_MS;
  const failed: string[] = [];
  for (const record of Records) if (!(await isServed(record, workUntil))) failed.push(record.messageId);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** How soon a job is worked on again: one that is to go on, and one that AWS did not let be worked on. */
const AGAIN_SECONDS = { unfinished: 1, failed: 30 } as const;

/** Acts on one message; tells whether it has served. */
async function isServed(
  { messageId, body, eventSourceARN, attributes }: SQSRecord,
  workUntil: number,
): Promise<boolean> {
  const message = parseBulkJobMessage(body);
  if (!message) {
    logger.error('message dropped', {
      queue: eventSourceARN,
      messageId,
      reason: 'it does not name a bulk job',
    });
    countMetrics(undefined, { DroppedMessageCount: 1 });
    return true;
  }
  const { functionName, bulkJobId } = message;
  const key = { functionName, bulkJobId };
  try {
    const end = await runBulkJob(dependencies, { key, runId: crypto.randomUUID(), workUntil });
    if (end.kind === 'ended') logEnd(end.job);
    return end.kind !== 'unfinished' || (await isSentAgain(key, AGAIN_SECONDS.unfinished));
  } catch (error) {
    logger.error('bulk job could not be worked on: tried again', { ...key, error: causeOf(error) });
    const sentTime = Number(attributes.SentTimestamp);
    const failingSince = Math.min(message.failingSince ?? sentTime, sentTime);
    const isFresh = Date.now() - failingSince < FRESH_RETRY_MS;
    return isFresh && isSentAgain({ ...key, failingSince }, AGAIN_SECONDS.failed);
  }
}

/** Sends a fresh message; tells whether SQS took it. If not, the message that led to it fails, and comes again by itself. */
async function isSentAgain(message: BulkJobMessage, delaySeconds: number): Promise<boolean> {
  try {
    await queue.sendBulkJob(queueUrl, message, delaySeconds);
    return true;
  } catch (error) {
    logger.error('bulk job could not be sent again', { ...about(message), error: causeOf(error) });
    return false;
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
