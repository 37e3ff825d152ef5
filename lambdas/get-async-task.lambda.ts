import { dynamoDb } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { toAsyncTask } from './http/async-task.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { getTask } from './tasks/get-task.ts';

const tableName = requiredEnv(process.env, ENV.taskTableName);
const bucketName = requiredEnv(process.env, ENV.payloadBucketName);
const registry = new FunctionRegistry({
  client: dynamoDb,
  tableName: requiredEnv(process.env, ENV.functionTableName),
});

/** GetAsyncTask (FC contract section 2). */
export const handler = apiHandler(async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  const view = await getTask(
    {
      registry,
      store: new TaskStore({ client: dynamoDb, tableName, shardCount: 1, signal }),
      payloads: new PayloadStore({ bucketName, signal }),
      clock: Date.now,
      signal,
    },
    { functionName, taskId },
  );
  return { statusCode: 200, body: toAsyncTask(view) };
}, logFault);
