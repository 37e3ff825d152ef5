import type { ExecutionsPage, ListRequest } from '../aws/executions.ts';
import { TaskModeError } from '../domain/errors.ts';
import { recordedWorkflow, workflowNotFound } from './find-workflow.ts';
import type { ExecutionDependencies } from './start-workflow-execution.ts';

export type ListExecutionsRequest = Omit<ListRequest, 'stateMachineArn'> & { readonly workflowName: string };

/**
 * Lists the executions of a workflow, the latest first.
 * @throws TaskModeError `WorkflowNotFound`, `WorkflowTypeNotSupported`; `InvalidArgument` for a token of another list.
 */
export async function listWorkflowExecutions(
  deps: ExecutionDependencies,
  { workflowName, ...request }: ListExecutionsRequest,
): Promise<ExecutionsPage> {
  const { stateMachineArn } = await recordedWorkflow(deps, workflowName);
  const page = await deps.executions.list({ ...request, stateMachineArn });
  if (page === 'gone') throw workflowNotFound(workflowName);
  if (page === 'badToken') {
    throw new TaskModeError(
      'InvalidArgument',
      'nextToken must be the nextToken of the page before, at most 24 hours old: begin the list anew',
    );
  }
  return page;
}
