import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { ENV } from './domain/env.ts';
import { BATCH_DEADLINE_MS } from './domain/limits.ts';
import { readTrace } from './domain/trace.ts';
import { readBatch, submitAsyncTasksFields, toBatchAnswer } from './http/batch.ts';
import { tenantOf } from './http/caller-identity.ts';
import { toApiError } from './http/errors.ts';
import { logFault } from './http/fault-log.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { submitTasks } from './tasks/submit-tasks.ts';

/** Loads while the function initializes; where no rate is set, nothing of it is loaded. */
const submitLimit = process.env[ENV.submitRate] ? import('./submit-limit.ts') : undefined;

/** SubmitAsyncTasks: ours, many submits in one request, each with an answer of its own. */
export const handler = apiOperation('SubmitAsyncTasks', async (request, signal) => {
  const fields = parseFields(submitAsyncTasksFields, request.fields);
  const { functionName, qualifier } = fields;
  checkQualifier(qualifier, functionName);
  const batch = readBatch(request.body);
  await (await submitLimit)?.limitSubmit(request.caller, signal, batch.length);
  const common = {
    functionName,
    requestId: request.requestId,
    caller: request.caller,
    trace: readTrace(request.traceHeaders),
  };
  const outcomes = await submitTasks(
    new ApiAdapters(AbortSignal.timeout(BATCH_DEADLINE_MS)),
    functionName,
    batch.map((task) => {
      if ('error' in task) return task;
      const { taskId, payload = {}, delaySeconds = 0, tenant = fields['x-task-mode-tenant'] } = task;
      const tenantId = tenantOf(request.caller, tenant);
      return { ...common, taskId, delaySeconds, tenant: tenantId, payload: JSON.stringify(payload) };
    }),
  );
  // One for all: what fails for one task for a fault of ours fails for many.
  const errors = outcomes.flatMap((outcome) => (outcome.isAccepted ? [] : [outcome.error]));
  const fault = errors.map(toApiError).findIndex(({ isFault }) => isFault);
  if (fault >= 0) {
    logFault('tasks of a batch were not accepted', { requestId: request.requestId, error: errors[fault] });
  }
  return { statusCode: 200, body: { tasks: outcomes.map(toBatchAnswer) } };
});
