import { apiOperation } from './api-operation.ts';
import { parseFields } from './http/request.ts';
import { toStopReason } from './http/workflow.ts';
import { executionFields } from './http/workflow-schemas.ts';
import { stopWorkflowExecution } from './tasks/stop-workflow-execution.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

/** StopWorkflowExecution: ours. */
export const handler = apiOperation('StopWorkflowExecution', async (request, signal) => {
  const key = parseFields(executionFields, request.fields);
  await stopWorkflowExecution(new WorkflowAdapters(signal), { ...key, ...toStopReason(request.body) });
  return { statusCode: 204 };
});
