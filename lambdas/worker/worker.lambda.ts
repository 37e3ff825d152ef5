import { setTimeout as pause } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { dynamoDb, sqs } from '../aws/clients.ts';
import { PayloadStore } from '../aws/payload-store.ts';
import { parseWakeUp, TaskQueue } from '../aws/task-queue.ts';
import { TaskStore } from '../aws/task-store.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import { type RunDependencies, runTask, type WakeUpOutcome } from '../tasks/run-task.ts';
import { runAttempt } from './attempt.ts';
import { logNoWakeUp, logWakeUpFault, runLog } from './run-log.ts';

const functionName = requiredEnv(process.env, ENV.functionName);
const queueUrl = requiredEnv(process.env, ENV.queueUrl);
const timeoutSeconds = Number(requiredEnv(process.env, ENV.timeoutSeconds));
const queue = new TaskQueue({ client: sqs });

// Loaded by import(), so that a module that cannot load is a failed attempt and not a crash loop of the instance.
const userModule = import('@task-mode/user-handler');
userModule.catch(() => undefined);

const dependencies: Omit<RunDependencies, 'attempt'> = {
  store: new TaskStore({
    client: dynamoDb,
    tableName: requiredEnv(process.env, ENV.taskTableName),
    shardCount: Number(requiredEnv(process.env, ENV.shardCount)),
  }),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  queue,
  queueUrl,
  instanceId: process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? `pid-${process.pid}`,
  clock: Date.now,
  random: Math.random,
  pause,
  log: runLog,
};

/** Runs the tasks of one batch side by side. A message whose task must come again is reported as failed. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  let unfinished = event.Records.length;
  const outcomes = await Promise.all(
    event.Records.map(async (record) => {
      const outcome = await wakeUp(record, context);
      unfinished -= 1;
      // The event source deletes when the whole batch is done: a short task need not wait for a long neighbour.
      if (outcome === 'done' && unfinished > 0)
        await queue.delete(queueUrl, record.receiptHandle).catch(() => {});
      return outcome;
    }),
  );
  return {
    batchItemFailures: event.Records.filter((_, index) => outcomes[index] === 'keep').map(
      ({ messageId }) => ({
        itemIdentifier: messageId,
      }),
    ),
  };
}

async function wakeUp(record: SQSRecord, context: Context): Promise<WakeUpOutcome> {
  const key = parseWakeUp(record.body);
  if (key?.functionName !== functionName) {
    logNoWakeUp(record.messageId);
    return 'done';
  }
  try {
    return await runTask(
      {
        ...dependencies,
        attempt: (task, payload) =>
          runAttempt({ userModule, timeoutSeconds, lambdaContext: context }, task, payload),
      },
      {
        key,
        receiptHandle: record.receiptHandle,
        leaseUntil: Date.now() + context.getRemainingTimeInMillis(),
      },
    );
  } catch (error) {
    logWakeUpFault(record.messageId, error);
    return 'keep';
  }
}
