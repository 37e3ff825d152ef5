import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { TASK_ID_PATTERN } from './domain/limits.ts';
import { tenantOf } from './http/caller-identity.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { invokeFunctionFields } from './http/schemas.ts';
import { submitTask } from './tasks/submit-task.ts';

/** InvokeFunction (FC contract section 4), asynchronous. */
export const handler = apiOperation('InvokeFunction', async (request, signal) => {
  const fields = parseFields(invokeFunctionFields, request.fields);
  const { functionName, qualifier } = fields;
  checkQualifier(qualifier, functionName);
  const requestIdAsTaskId =
    request.callerRequestId !== undefined && TASK_ID_PATTERN.test(request.callerRequestId)
      ? request.callerRequestId
      : undefined;
  const { taskId, existing } = await submitTask(new ApiAdapters(signal), {
    functionName,
    taskId: fields['x-fc-async-task-id'] ?? fields['x-fc-stateful-async-invocation-id'] ?? requestIdAsTaskId,
    requestId: request.requestId,
    caller: request.caller,
    tenant: tenantOf(request.caller, fields['x-task-mode-tenant']),
    delaySeconds: fields['x-fc-async-delay'],
    payload: request.body,
    onDuplicate: fields['x-task-mode-on-duplicate'],
  });
  const headers = { 'x-fc-async-task-id': taskId };
  return existing ? { statusCode: 200, headers, body: existing } : { statusCode: 202, headers };
});
