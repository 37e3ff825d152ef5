import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { REQUEST_DEADLINE_MS } from './domain/limits.ts';
import { toAsyncTask } from './http/async-task.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { getAsyncTaskFields } from './http/schemas.ts';
import { getTask, waitForTask } from './tasks/get-task.ts';

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds);
  });

const waiting = {
  fresh: () => new ApiAdapters(AbortSignal.timeout(REQUEST_DEADLINE_MS)),
  clock: Date.now,
  pause,
};

/** GetAsyncTask (FC contract section 2); ours is that it can wait for the task's end. */
export const handler = apiOperation('GetAsyncTask', async (request, signal) => {
  const { functionName, taskId, qualifier, wait } = parseFields(getAsyncTaskFields, request.fields);
  checkQualifier(qualifier, functionName);
  const key = { functionName, taskId };
  const view = await (wait === 0
    ? getTask(new ApiAdapters(signal), key)
    : waitForTask(waiting, key, wait * 1000));
  return { statusCode: 200, body: toAsyncTask(view) };
});
