import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ApiAdapters } from './api-adapters.ts';
import { sqs } from './aws/clients.ts';
import { Executions } from './aws/executions.ts';
import { type ExecutionEnd, parseExecutionEnd, toExecutionEndBody } from './aws/message.ts';
import { metricLog } from './aws/metric-log.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import {
  FRESH_RETRY_MS,
  WORKFLOW_HISTORY_LAG_MS,
  WORKFLOW_STOP_RETRY_SECONDS,
  WORKFLOW_SUBMIT_WITHIN_MS,
} from './domain/limits.ts';
import { stopExecution } from './tasks/stop-execution.ts';
import { taskOfRequest } from './workflow/workflow-request.ts';

const logger = new Logger();
const countMetrics = metricLog(requiredEnv(process.env, ENV.service));
const queueUrl = requiredEnv(process.env, ENV.queueUrl);

/** The work ends this long before Lambda ends the invocation: time for the message that must follow. */
const SEND_MS = 10_000;

/**
 * Stops the tasks of executions that ended while they waited for them: aborted, timed out, or failed beside them. Each
 * end may be told twice, or late. An execution that is to be looked at again has a fresh message, sent before its own goes.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const workMs = Math.max(context.getRemainingTimeInMillis() - SEND_MS, 0);
  const adapters = new ApiAdapters(AbortSignal.timeout(workMs));
  const failed: string[] = [];
  for (const record of Records) if (!(await isServed(adapters, record))) failed.push(record.messageId);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Acts on one message; tells whether it has served. */
async function isServed(
  adapters: ApiAdapters,
  { messageId, body, attributes, eventSourceARN: queue }: SQSRecord,
): Promise<boolean> {
  const told = parseExecutionEnd(body);
  if (!told) {
    drop({ queue, messageId, reason: 'it does not tell the end of an execution' });
    return true;
  }
  // A time of the future, which only a forged message has, would have it repeated until then.
  const end = { ...told, time: Math.min(told.time, Number(attributes.SentTimestamp)) };
  try {
    const againSeconds = await stopTasks(adapters, end);
    if (againSeconds === 'unknown') drop({ queue, messageId, reason: 'there is no such execution' });
    return typeof againSeconds !== 'number' || (await isSentAgain(end, againSeconds));
  } catch (error) {
    logger.error('tasks of an execution could not be stopped: tried again', { ...end, error: String(error) });
    return Date.now() - end.time < FRESH_RETRY_MS && isSentAgain(end, WORKFLOW_STOP_RETRY_SECONDS.failed);
  }
}

function drop(about: { readonly queue: string; readonly messageId: string; readonly reason: string }): void {
  logger.error('message dropped', about);
  countMetrics(undefined, { DroppedMessageCount: 1 });
}

/** Stops the tasks of one execution; tells after how many seconds it is to be looked at again, if it is. */
async function stopTasks(
  adapters: ApiAdapters,
  { executionArn, status, time }: ExecutionEnd,
): Promise<number | 'done' | 'unknown'> {
  const executions = new Executions({ signal: adapters.signal });
  const dependencies = Object.assign(adapters, { executions, taskOf: taskOfRequest });
  const counts = await stopExecution(dependencies, executionArn);
  if (!counts) return 'unknown';
  if (counts.stoppedTasks > 0) {
    logger.info('execution ended before its tasks', { executionArn, status, ...counts });
  }
  const sinceMs = Date.now() - time;
  const isAllThere = counts.missingTasks === 0 && sinceMs >= WORKFLOW_HISTORY_LAG_MS;
  return isAllThere || sinceMs >= WORKFLOW_SUBMIT_WITHIN_MS ? 'done' : WORKFLOW_STOP_RETRY_SECONDS.again;
}

/** Sends a fresh message; tells whether SQS took it. If not, the message that led to it fails, and comes again by itself. */
async function isSentAgain(end: ExecutionEnd, delaySeconds: number): Promise<boolean> {
  const queue = new TaskQueue({ client: sqs, signal: AbortSignal.timeout(SEND_MS) });
  try {
    await queue.sendBody(queueUrl, toExecutionEndBody(end), { delaySeconds });
    return true;
  } catch (error) {
    logger.error('end of an execution could not be sent again', { ...end, error: String(error) });
    return false;
  }
}
