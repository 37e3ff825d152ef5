import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { toExplanation } from './http/explanation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { explainTask } from './tasks/explain-task.ts';

/** ExplainAsyncTask: ours, why a task does not run yet. */
export const handler = apiOperation('ExplainAsyncTask', async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  const explained = await explainTask(new ApiAdapters(signal), { functionName, taskId });
  return { statusCode: 200, body: toExplanation(explained) };
});
