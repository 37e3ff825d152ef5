import type { Workflow } from '../domain/workflow.ts';
import type { FindWorkflowDependencies } from './find-workflow.ts';

export interface WorkflowsRequest {
  readonly limit: number;
  /** The name after which this page begins. */
  readonly after?: string | undefined;
}

export interface WorkflowsPage {
  readonly workflows: readonly Workflow[];
  /** The last name of this page; undefined at the end of the list. */
  readonly readTo: string | undefined;
}

/** Reads one page of the deployed workflows, by name. There are few: their table is read whole for each. */
export async function listWorkflows(
  deps: FindWorkflowDependencies,
  { limit, after = '' }: WorkflowsRequest,
): Promise<WorkflowsPage> {
  const listed = (await deps.workflows.list())
    .filter(({ workflowName }) => workflowName > after)
    .sort((a, b) => (a.workflowName < b.workflowName ? -1 : 1));
  const workflows = listed.slice(0, limit);
  return { workflows, readTo: listed.length > limit ? workflows.at(-1)?.workflowName : undefined };
}
