import { type Execution, executionArnOf } from '../domain/workflow.ts';
import { executionNotFound, recordedWorkflow } from './find-workflow.ts';
import type { ExecutionDependencies } from './start-workflow-execution.ts';

export interface ExecutionKey {
  readonly workflowName: string;
  readonly executionName: string;
}

/**
 * Reads one execution.
 * @throws TaskModeError `WorkflowNotFound`, `WorkflowTypeNotSupported`, `ExecutionNotFound`
 */
export async function getWorkflowExecution(
  deps: ExecutionDependencies,
  { workflowName, executionName }: ExecutionKey,
): Promise<Execution> {
  const workflow = await recordedWorkflow(deps, workflowName);
  const execution = await deps.executions.find(executionArnOf(workflow, executionName));
  if (!execution) throw executionNotFound(workflowName, executionName);
  return execution;
}
