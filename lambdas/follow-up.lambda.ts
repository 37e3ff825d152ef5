import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { dynamoDb, sqs } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { QueueDestination } from './aws/queue-destination.ts';
import { parseWakeUp } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { deliverFollowUp } from './tasks/deliver-follow-up.ts';

const logger = new Logger();
const dependencies = {
  // It writes no index entry that shards spread.
  store: new TaskStore({
    client: dynamoDb,
    tableName: requiredEnv(process.env, ENV.taskTableName),
    shardCount: 1,
  }),
  registry: new FunctionRegistry({
    client: dynamoDb,
    tableName: requiredEnv(process.env, ENV.functionTableName),
  }),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  destinations: { sqs: new QueueDestination({ client: sqs }) },
  clock: Date.now,
};

/** Tells the destinations of tasks that have ended, and keeps the messages of those that did not take it. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const isDone = await Promise.all(Records.map(deliver));
  const kept = Records.filter((_, index) => !isDone[index]);
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function deliver({ messageId, body }: SQSRecord): Promise<boolean> {
  const key = parseWakeUp(body);
  if (!key) {
    logger.error('message dropped: it is no wake-up', { messageId });
    return true;
  }
  try {
    await deliverFollowUp(dependencies, key);
    return true;
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    logger.error('destination was not told: it is tried again', { ...key, error: String(cause) });
    return false;
  }
}
