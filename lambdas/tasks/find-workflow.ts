import type { WorkflowRegistry } from '../aws/workflow-registry.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { Workflow } from '../domain/workflow.ts';

export interface FindWorkflowDependencies {
  readonly workflows: WorkflowRegistry;
}

/**
 * Finds a deployed workflow.
 * @throws TaskModeError `WorkflowNotFound`
 */
export async function knownWorkflow(
  { workflows }: FindWorkflowDependencies,
  workflowName: string,
): Promise<Workflow> {
  const workflow = await workflows.find(workflowName);
  if (!workflow) throw workflowNotFound(workflowName);
  return workflow;
}

/**
 * Finds a workflow of whose executions there is a record.
 * @throws TaskModeError `WorkflowNotFound`, `WorkflowTypeNotSupported`
 */
export async function recordedWorkflow(
  deps: FindWorkflowDependencies,
  workflowName: string,
): Promise<Workflow> {
  const workflow = await knownWorkflow(deps, workflowName);
  if (workflow.isExpress) {
    throw notRecorded(workflow, 'its executions can be started, but neither listed, read nor stopped');
  }
  return workflow;
}

export function notRecorded({ workflowName }: Workflow, consequence: string): TaskModeError {
  return new TaskModeError(
    'WorkflowTypeNotSupported',
    `workflow "${workflowName}" is an Express workflow, of whose executions Step Functions keeps no record: ${consequence}`,
  );
}

export function workflowNotFound(workflowName: string): TaskModeError {
  return new TaskModeError('WorkflowNotFound', `workflow "${workflowName}" does not exist`);
}

export function executionNotFound(workflowName: string, executionName: string): TaskModeError {
  return new TaskModeError(
    'ExecutionNotFound',
    `execution "${executionName}" of workflow "${workflowName}" does not exist`,
  );
}
