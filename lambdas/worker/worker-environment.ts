import { setTimeout as pause } from 'node:timers/promises';
import { dynamoDb, sqs } from '../aws/clients.ts';
import { PayloadStore } from '../aws/payload-store.ts';
import { TaskQueue } from '../aws/task-queue.ts';
import { TaskStore } from '../aws/task-store.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { EndDependencies } from '../tasks/end-run.ts';

export const functionName = requiredEnv(process.env, ENV.functionName);
export const timeoutSeconds = Number(requiredEnv(process.env, ENV.timeoutSeconds));
export const leaseMs = Number(requiredEnv(process.env, ENV.leaseSeconds)) * 1000;

/** What both the worker and its supervisor end runs with, each in its own thread. */
export const endDependencies: Omit<EndDependencies, 'log'> = {
  store: new TaskStore({
    client: dynamoDb,
    tableName: requiredEnv(process.env, ENV.taskTableName),
    shardCount: Number(requiredEnv(process.env, ENV.shardCount)),
  }),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  queue: new TaskQueue({ client: sqs }),
  queueUrl: requiredEnv(process.env, ENV.queueUrl),
  followUpQueueUrl: requiredEnv(process.env, ENV.followUpQueueUrl),
  clock: Date.now,
  random: Math.random,
  pause,
};
