import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { LogReader } from './aws/log-reader.ts';
import { cloudWatchLogs } from './aws/logs-client.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { taskLogsFields, toLogRequest, toTaskLogs } from './http/task-logs.ts';
import { getTaskLogs } from './tasks/get-task-logs.ts';

/** GetAsyncTaskLogs: ours. */
export const handler = apiOperation('GetAsyncTaskLogs', async (request, signal) => {
  const fields = parseFields(taskLogsFields, request.fields);
  checkQualifier(fields.qualifier, fields.functionName);
  const { store, registry, clock } = new ApiAdapters(signal);
  const logs = new LogReader({ client: cloudWatchLogs, signal });
  const read = await getTaskLogs({ store, registry, clock, signal, logs }, toLogRequest(fields));
  return { statusCode: 200, body: toTaskLogs(read, fields) };
});
