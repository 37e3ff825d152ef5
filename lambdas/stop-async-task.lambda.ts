import { dynamoDb } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { stopTask } from './tasks/stop-task.ts';

const tableName = requiredEnv(process.env, ENV.taskTableName);
const registry = new FunctionRegistry({
  client: dynamoDb,
  tableName: requiredEnv(process.env, ENV.functionTableName),
});

/** StopAsyncTask (FC contract section 7). */
export const handler = apiHandler(async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  await stopTask(
    {
      registry,
      storeFor: (shardCount) => new TaskStore({ client: dynamoDb, tableName, shardCount, signal }),
      clock: Date.now,
      signal,
    },
    { functionName, taskId },
  );
  return { statusCode: 204 };
}, logFault);
