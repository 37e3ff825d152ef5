import { apiOperation } from './api-operation.ts';
import { fromPlaceToken, toPlaceToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { toExecutionSummary } from './http/workflow.ts';
import { listExecutionsFields } from './http/workflow-schemas.ts';
import { listWorkflowExecutions } from './tasks/list-workflow-executions.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

/** What Step Functions takes for a token (ListExecutions: at most 3,096 characters). */
const isToken = (place: string) => place.length <= 3096;

/** ListWorkflowExecutions: ours. Its token holds that of Step Functions. */
export const handler = apiOperation('ListWorkflowExecutions', async (request, signal) => {
  const { workflowName, status, limit, nextToken } = parseFields(listExecutionsFields, request.fields);
  const list = ['executions', workflowName, status ?? ''];
  const page = await listWorkflowExecutions(new WorkflowAdapters(signal), {
    workflowName,
    status,
    limit,
    token: fromPlaceToken(nextToken, list, isToken),
  });
  return {
    statusCode: 200,
    body: { executions: page.executions.map(toExecutionSummary), nextToken: toPlaceToken(page.token, list) },
  };
});
