import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, EventBridgeEvent } from 'aws-lambda';
import { ApiAdapters } from './api-adapters.ts';
import { Executions } from './aws/executions.ts';
import { stopExecution } from './tasks/stop-execution.ts';
import { taskOfRequest } from './workflow/workflow-request.ts';

const logger = new Logger();

/** What Step Functions says of an execution whose status has changed. */
type StatusChange = EventBridgeEvent<
  'Step Functions Execution Status Change',
  { readonly executionArn: string; readonly status: string }
>;

/** A submit that was under way when its execution ended has come by then. */
const SUBMIT_WITHIN_MS = 50_000;

/** Stops the tasks of an execution that ended while it waited for them: aborted, timed out, or failed beside them. */
export async function handler({ detail, time }: StatusChange, context: Context): Promise<void> {
  const adapters = new ApiAdapters(AbortSignal.timeout(context.getRemainingTimeInMillis()));
  const dependencies = Object.assign(adapters, { executions: new Executions(), taskOf: taskOfRequest });
  const { executionArn, status } = detail;
  const counts = await stopExecution(dependencies, executionArn);
  if (counts.stoppedTasks > 0)
    logger.info('execution ended before its tasks', { executionArn, status, ...counts });
  if (counts.missingTasks > 0 && Date.now() - Date.parse(time) < SUBMIT_WITHIN_MS) {
    // Lambda repeats the event a minute later.
    throw new Error(`${counts.missingTasks} tasks of execution ${executionArn} are not there yet`);
  }
}
