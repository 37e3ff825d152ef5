import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { stopTask } from './tasks/stop-task.ts';

/** StopAsyncTask (FC contract section 7). */
export const handler = apiOperation('StopAsyncTask', async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  await stopTask(new ApiAdapters(signal), { functionName, taskId });
  return { statusCode: 204 };
});
