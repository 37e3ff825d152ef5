import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { dynamoDb, sqs } from '../aws/clients.ts';
import { EndStore } from '../aws/end-store.ts';
import { metricLog } from '../aws/metric-log.ts';
import { PayloadStore } from '../aws/payload-store.ts';
import { RunCounter } from '../aws/run-counter.ts';
import { TaskQueue } from '../aws/task-queue.ts';
import { TaskStore } from '../aws/task-store.ts';
import { Waiters } from '../aws/waiters.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { EndInvocationDependencies } from '../tasks/end-invocation.ts';
import type { EndDependencies } from '../tasks/end-run.ts';
import { writeLineNow } from './write-line.ts';

export const functionName = requiredEnv(process.env, ENV.functionName);
export const timeoutSeconds = Number(requiredEnv(process.env, ENV.timeoutSeconds));

/** How long a run is believed alive without another heartbeat; Infinity: until its invocation ends, without any. */
export const leaseMs =
  requiredEnv(process.env, ENV.hasHeartbeats) === 'true'
    ? Number(requiredEnv(process.env, ENV.leaseSeconds)) * 1000
    : Number.POSITIVE_INFINITY;

/** Whether tasks are run by an existing function, which can be waited for but not killed. */
export const isExistingFunction = process.env[ENV.targetArn] !== undefined;

export const countMetrics = metricLog(
  requiredEnv(process.env, ENV.service),
  isMainThread ? undefined : writeLineNow,
);

const taskTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.taskTableName) };

/** What both the worker and its supervisor end runs with, each in its own thread. */
export const endDependencies: Omit<EndDependencies & EndInvocationDependencies, 'log' | 'stopEnd'> = {
  store: new TaskStore({
    ...taskTable,
    shardCount: Number(requiredEnv(process.env, ENV.shardCount)),
    isOfRun: true,
    countMetrics,
  }),
  runs: new RunCounter(taskTable),
  ends: new EndStore(taskTable),
  countMetrics,
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  queue: new TaskQueue({ client: sqs }),
  waiters: new Waiters(),
  queueUrl: requiredEnv(process.env, ENV.queueUrl),
  followUpQueueUrl: requiredEnv(process.env, ENV.followUpQueueUrl),
  clock: Date.now,
  random: Math.random,
  pause,
  instanceId: process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? `pid-${process.pid}`,
};
