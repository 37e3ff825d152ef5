import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, EventBridgeEvent, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ApiAdapters } from './api-adapters.ts';
import { Executions } from './aws/executions.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import {
  WORKFLOW_HISTORY_LAG_MS,
  WORKFLOW_STOP_RETRY_SECONDS,
  WORKFLOW_SUBMIT_WITHIN_MS,
} from './domain/limits.ts';
import { stopExecution } from './tasks/stop-execution.ts';
import { taskOfRequest } from './workflow/workflow-request.ts';

const logger = new Logger();
const queueUrl = requiredEnv(process.env, ENV.queueUrl);

/** What Step Functions says of an execution whose status has changed. */
type StatusChange = EventBridgeEvent<
  'Step Functions Execution Status Change',
  { readonly executionArn: string; readonly status: string }
>;

/**
 * Stops the tasks of executions that ended while they waited for them: aborted, timed out, or failed beside them. Each
 * may be told of twice, or late. What cannot be done now comes again.
 */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const adapters = new ApiAdapters(AbortSignal.timeout(context.getRemainingTimeInMillis()));
  const kept: string[] = [];
  for (const record of Records) {
    const retrySeconds = await stopTasks(adapters, record).catch((error: unknown) => {
      logger.error('tasks of an execution could not be stopped: tried again', {
        body: record.body,
        error: String(error),
      });
      return WORKFLOW_STOP_RETRY_SECONDS.failed;
    });
    if (retrySeconds === undefined) continue;
    kept.push(record.messageId);
    await adapters.queue.retime(queueUrl, record.receiptHandle, retrySeconds);
  }
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Stops the tasks of one execution; tells after how many seconds it is to be looked at again, if it is. */
async function stopTasks(adapters: ApiAdapters, { body }: SQSRecord): Promise<number | undefined> {
  const { detail, time } = JSON.parse(body) as StatusChange;
  const { executionArn, status } = detail;
  const dependencies = Object.assign(adapters, { executions: new Executions(), taskOf: taskOfRequest });
  const counts = await stopExecution(dependencies, executionArn);
  if (counts.stoppedTasks > 0) {
    logger.info('execution ended before its tasks', { executionArn, status, ...counts });
  }
  const sinceMs = Date.now() - Date.parse(time);
  const isAllThere = counts.missingTasks === 0 && sinceMs >= WORKFLOW_HISTORY_LAG_MS;
  return isAllThere || sinceMs >= WORKFLOW_SUBMIT_WITHIN_MS ? undefined : WORKFLOW_STOP_RETRY_SECONDS.again;
}
