import { apiOperation } from './api-operation.ts';
import { dynamoDb } from './aws/clients.ts';
import { TaskIndex } from './aws/task-index.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { HISTORY_DEADLINE_MS } from './domain/limits.ts';
import { fromPlaceToken, toPlaceToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { toStep } from './http/workflow.ts';
import { executionHistoryFields } from './http/workflow-schemas.ts';
import { getWorkflowExecutionHistory } from './tasks/get-workflow-execution-history.ts';
import { taskOfRequest } from './workflow/workflow-request.ts';
import { WorkflowAdapters } from './workflow-adapters.ts';

const isOffset = (place: string) => /^[1-9]\d{0,4}$/.test(place);

/** GetWorkflowExecutionHistory: ours. A long history takes longer than the API's other requests may. */
export const handler = apiOperation('GetWorkflowExecutionHistory', async (request) => {
  const fields = parseFields(executionHistoryFields, request.fields);
  const { workflowName, executionName, limit, nextToken } = fields;
  const list = ['steps', workflowName, executionName];
  const offset = Number(fromPlaceToken(nextToken, list, isOffset) ?? 0);
  const signal = AbortSignal.timeout(HISTORY_DEADLINE_MS);
  const tableName = requiredEnv(process.env, ENV.taskTableName);
  const dependencies = Object.assign(new WorkflowAdapters(signal), {
    index: new TaskIndex({ client: dynamoDb, tableName, signal }),
    taskOf: taskOfRequest,
  });
  const page = await getWorkflowExecutionHistory(dependencies, {
    workflowName,
    executionName,
    limit,
    offset,
  });
  return {
    statusCode: 200,
    body: {
      steps: page.steps.map(toStep),
      isComplete: page.isComplete,
      nextToken: toPlaceToken(page.readTo === undefined ? undefined : String(page.readTo), list),
    },
  };
});
