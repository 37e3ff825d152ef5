import { ApiAdapters } from './api-adapters.ts';
import { toAsyncTask } from './http/async-task.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { getTask } from './tasks/get-task.ts';

/** GetAsyncTask (FC contract section 2). */
export const handler = apiHandler(async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  const view = await getTask(new ApiAdapters(signal), { functionName, taskId });
  return { statusCode: 200, body: toAsyncTask(view) };
}, logFault);
