import { apiOperation } from './api-operation.ts';
import { parseFields } from './http/request.ts';
import { toExecutionSummary, toStart } from './http/workflow.ts';
import { workflowFields } from './http/workflow-schemas.ts';
import { startWorkflowExecution } from './tasks/start-workflow-execution.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

/** StartWorkflowExecution: ours. 202 while it runs, whoever started it; 200 when it has ended already. */
export const handler = apiOperation('StartWorkflowExecution', async (request, signal) => {
  const { workflowName } = parseFields(workflowFields, request.fields);
  const start = { workflowName, ...toStart(request.body) };
  const execution = await startWorkflowExecution(new WorkflowAdapters(signal), start);
  return {
    statusCode: execution.status === 'Running' ? 202 : 200,
    body: { workflowName, ...toExecutionSummary(execution) },
  };
});
