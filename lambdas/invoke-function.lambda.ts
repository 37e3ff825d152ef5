import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import type { WorkerFunction } from './aws/worker-function.ts';
import { ENV } from './domain/env.ts';
import { SYNC_DEADLINE_MS, TASK_ID_PATTERN } from './domain/limits.ts';
import { readTrace } from './domain/trace.ts';
import { tenantOf } from './http/caller-identity.ts';
import type { ApiAnswer } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { type ApiRequest, parseFields } from './http/request.ts';
import { type InvokeFunctionFields, invokeFunctionFields } from './http/schemas.ts';
import { toSyncAnswer } from './http/sync-answer.ts';
import { acceptInvocation } from './tasks/accept-invocation.ts';
import { invokeFunction } from './tasks/invoke-function.ts';

/** Loads while the function initializes; where no rate is set, nothing of it is loaded. */
const submitLimit = process.env[ENV.submitRate] ? import('./submit-limit.ts') : undefined;

/** Loads what invokes workers when the first synchronous invocation needs it. */
async function loadWorker(): Promise<WorkerFunction> {
  const [{ WorkerFunction }, { lambda }] = await Promise.all([
    import('./aws/worker-function.ts'),
    import('./aws/lambda-client.ts'),
  ]);
  return new WorkerFunction({ client: lambda });
}

/** InvokeFunction (FC contract section 4): synchronous, or asynchronous, which task mode makes a task. */
export const handler = apiOperation('InvokeFunction', async (request, signal) => {
  const fields = parseFields(invokeFunctionFields, request.fields);
  checkQualifier(fields.qualifier, fields.functionName);
  const adapters = new ApiAdapters(signal);
  return fields['x-fc-invocation-type'] === 'Sync'
    ? invoked(adapters, request, fields)
    : accepted(adapters, request, fields);
});

async function invoked(
  adapters: ApiAdapters,
  request: ApiRequest,
  fields: InvokeFunctionFields,
): Promise<ApiAnswer> {
  const remainingMs = Math.max(request.receivedTime + SYNC_DEADLINE_MS - Date.now(), 0);
  const run = await invokeFunction(
    {
      registry: adapters.registry,
      clock: adapters.clock,
      signal: adapters.signal,
      worker: await loadWorker(),
    },
    {
      functionName: fields.functionName,
      requestId: request.requestId,
      payload: request.body,
      trace: readTrace(request.traceHeaders),
      call: {
        wantsLogTail: fields['x-fc-log-type'] === 'Tail',
        signal: AbortSignal.timeout(remainingMs),
      },
    },
  );
  return toSyncAnswer(run);
}

async function accepted(
  adapters: ApiAdapters,
  request: ApiRequest,
  fields: InvokeFunctionFields,
): Promise<ApiAnswer> {
  await (await submitLimit)?.limitSubmit(request.caller, adapters.signal);
  const taskFields = {
    'x-fc-async-task-id': fields['x-fc-async-task-id'],
    'x-fc-stateful-async-invocation-id': fields['x-fc-stateful-async-invocation-id'],
    'x-task-mode-on-duplicate': fields['x-task-mode-on-duplicate'],
  };
  const submission = await acceptInvocation(adapters, {
    functionName: fields.functionName,
    taskId:
      taskFields['x-fc-async-task-id'] ??
      taskFields['x-fc-stateful-async-invocation-id'] ??
      requestIdAsTaskId(request),
    requestId: request.requestId,
    caller: request.caller,
    tenant: tenantOf(request.caller, fields['x-task-mode-tenant']),
    trace: readTrace(request.traceHeaders),
    delaySeconds: fields['x-fc-async-delay'] ?? 0,
    payload: request.body,
    onDuplicate: taskFields['x-task-mode-on-duplicate'],
    taskFields,
  });
  if (!submission) return { statusCode: 202 };
  const { taskId, existing } = submission;
  const headers = { 'x-fc-async-task-id': taskId };
  return existing ? { statusCode: 200, headers, body: existing } : { statusCode: 202, headers };
}

function requestIdAsTaskId({ callerRequestId }: ApiRequest): string | undefined {
  return callerRequestId !== undefined && TASK_ID_PATTERN.test(callerRequestId) ? callerRequestId : undefined;
}
