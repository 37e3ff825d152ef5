import { dynamoDb, sqs } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { TASK_ID_PATTERN } from './domain/limits.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { invokeFunctionFields } from './http/schemas.ts';
import { submitTask } from './tasks/submit-task.ts';

const tableName = requiredEnv(process.env, ENV.taskTableName);
const bucketName = requiredEnv(process.env, ENV.payloadBucketName);
const registry = new FunctionRegistry({
  client: dynamoDb,
  tableName: requiredEnv(process.env, ENV.functionTableName),
});

/** InvokeFunction (FC contract section 4), asynchronous. */
export const handler = apiHandler(async (request, signal) => {
  const fields = parseFields(invokeFunctionFields, request.fields);
  const { functionName, qualifier } = fields;
  checkQualifier(qualifier, functionName);
  const requestIdAsTaskId =
    request.callerRequestId !== undefined && TASK_ID_PATTERN.test(request.callerRequestId)
      ? request.callerRequestId
      : undefined;
  const { taskId } = await submitTask(
    {
      registry,
      storeFor: (shardCount) => new TaskStore({ client: dynamoDb, tableName, shardCount, signal }),
      payloads: new PayloadStore({ bucketName, signal }),
      queue: new TaskQueue({ client: sqs, signal }),
      clock: Date.now,
      signal,
    },
    {
      functionName,
      taskId:
        fields['x-fc-async-task-id'] ?? fields['x-fc-stateful-async-invocation-id'] ?? requestIdAsTaskId,
      requestId: request.requestId,
      caller: request.caller,
      delaySeconds: fields['x-fc-async-delay'],
      payload: request.body,
    },
  );
  return { statusCode: 202, headers: { 'x-fc-async-task-id': taskId } };
}, logFault);
