import { apiOperation } from './api-operation.ts';
import { FUNCTION_NAME_PATTERN } from './domain/limits.ts';
import { fromPlaceToken, toPlaceToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { toWorkflow } from './http/workflow.ts';
import { listWorkflowsFields } from './http/workflow-schemas.ts';
import { listWorkflows } from './tasks/list-workflows.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

/** ListWorkflows: ours. */
export const handler = apiOperation('ListWorkflows', async (request, signal) => {
  const { limit, nextToken } = parseFields(listWorkflowsFields, request.fields);
  const list = ['workflows'];
  const after = fromPlaceToken(nextToken, list, (place) => FUNCTION_NAME_PATTERN.test(place));
  const { workflows, readTo } = await listWorkflows(new WorkflowAdapters(signal), { limit, after });
  return {
    statusCode: 200,
    body: { workflows: workflows.map(toWorkflow), nextToken: toPlaceToken(readTo, list) },
  };
});
