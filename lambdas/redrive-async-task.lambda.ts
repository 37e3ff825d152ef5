import { dynamoDb, sqs } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskFields } from './http/schemas.ts';
import { redriveTask } from './tasks/redrive-task.ts';

const tableName = requiredEnv(process.env, ENV.taskTableName);
const bucketName = requiredEnv(process.env, ENV.payloadBucketName);
const registry = new FunctionRegistry({
  client: dynamoDb,
  tableName: requiredEnv(process.env, ENV.functionTableName),
});

/** RedriveAsyncTask: ours, the contract has no such operation. */
export const handler = apiHandler(async (request, signal) => {
  const { functionName, taskId, qualifier } = parseFields(taskFields, request.fields);
  checkQualifier(qualifier, functionName);
  await redriveTask(
    {
      registry,
      storeFor: (shardCount) => new TaskStore({ client: dynamoDb, tableName, shardCount, signal }),
      payloads: new PayloadStore({ bucketName, signal }),
      queue: new TaskQueue({ client: sqs, signal }),
      clock: Date.now,
      signal,
    },
    { functionName, taskId },
  );
  return { statusCode: 202, headers: { 'x-fc-async-task-id': taskId } };
}, logFault);
