import { apiOperation } from './api-operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { RedriveAdapters } from './redrive-adapters.ts';
import { redriveTask } from './tasks/redrive-task.ts';

/** RedriveAsyncTask: ours, the contract has no such operation. */
export const handler = apiOperation('RedriveAsyncTask', async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  await redriveTask(new RedriveAdapters(signal), { functionName, taskId });
  return { statusCode: 202, headers: { 'x-fc-async-task-id': taskId } };
});
