import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { toAsyncTask } from './http/async-task.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { getTask } from './tasks/get-task.ts';

/** GetAsyncTask (FC contract section 2). */
export const handler = apiOperation('GetAsyncTask', async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  const view = await getTask(new ApiAdapters(signal), { functionName, taskId });
  return { statusCode: 200, body: toAsyncTask(view) };
});
