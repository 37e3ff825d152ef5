import { TaskModeError } from '../domain/errors.ts';
import { type Execution, executionArnOf } from '../domain/workflow.ts';
import { executionNotFound, recordedWorkflow } from './find-workflow.ts';
import type { ExecutionKey } from './get-workflow-execution.ts';
import type { ExecutionDependencies } from './start-workflow-execution.ts';

export interface StopExecutionRequest extends ExecutionKey, Pick<Execution, 'error' | 'cause'> {}

/**
 * Stops an execution; its tasks are stopped when Step Functions has told of it. One that is stopped already stays so.
 * Where it ends by itself just then, that holds.
 * @throws TaskModeError `ExecutionFinished` when it ended otherwise; as GetWorkflowExecution does.
 */
export async function stopWorkflowExecution(
  deps: ExecutionDependencies,
  { workflowName, executionName, error, cause }: StopExecutionRequest,
): Promise<void> {
  const executionArn = executionArnOf(await recordedWorkflow(deps, workflowName), executionName);
  const execution = await deps.executions.find(executionArn);
  if (!execution) throw executionNotFound(workflowName, executionName);
  if (execution.status === 'Stopped') return;
  if (execution.status !== 'Running') {
    throw new TaskModeError(
      'ExecutionFinished',
      `execution "${executionName}" of workflow "${workflowName}" has ended: it is ${execution.status}`,
    );
  }
  await deps.executions.stop(executionArn, { error, cause });
}
