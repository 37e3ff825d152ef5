import { Logger } from '@aws-lambda-powertools/logger';
import { AllowedDestinations } from './aws/allowed-destinations.ts';
import { dynamoDb, sqs } from './aws/clients.ts';
import { EndStore } from './aws/end-store.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';

const logger = new Logger();
const functionTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.functionTableName) };
const taskTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.taskTableName) };

/** What both follow-up functions use: the one that answers workflows and tells AWS services, and the one for webhooks. */
export const followUpAdapters = {
  // It writes no index entry that shards spread, and moves no task: there is nothing to count.
  store: new TaskStore({ ...taskTable, shardCount: 1 }),
  ends: new EndStore(taskTable),
  registry: new FunctionRegistry(functionTable),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  allowedDestinations: new AllowedDestinations(functionTable),
  queue: new TaskQueue({ client: sqs }),
  queueUrl: requiredEnv(process.env, ENV.queueUrl),
  countMetrics: metricLog(requiredEnv(process.env, ENV.service)),
  clock: Date.now,
  log: {
    dropped: (about: object) => logger.error('follow-up message dropped', { ...about }),
    notDelivered: (about: object) => logger.warn('follow-up was not delivered', { ...about }),
    notHandled: (about: object) =>
      logger.error('follow-up could not be read or noted: its message comes again', { ...about }),
  },
};
