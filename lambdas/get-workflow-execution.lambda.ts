import { apiOperation } from './api-operation.ts';
import { parseFields } from './http/request.ts';
import { toExecution } from './http/workflow.ts';
import { executionFields } from './http/workflow-schemas.ts';
import { getWorkflowExecution } from './tasks/get-workflow-execution.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

/** GetWorkflowExecution: ours. */
export const handler = apiOperation('GetWorkflowExecution', async (request, signal) => {
  const key = parseFields(executionFields, request.fields);
  const execution = await getWorkflowExecution(new WorkflowAdapters(signal), key);
  return { statusCode: 200, body: toExecution(key.workflowName, execution) };
});
