import { apiOperation } from './api-operation.ts';
import { BulkJobAdapters } from './bulk-job-adapters.ts';
import { bulkJobFields } from './http/bulk-jobs.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { stopBulkJob } from './tasks/stop-bulk-job.ts';

/** StopBulkJob: ours. */
export const handler = apiOperation('StopBulkJob', async (request, signal) => {
  const { functionName, bulkJobId, qualifier } = parseFields(bulkJobFields, request.fields);
  checkQualifier(qualifier, functionName);
  await stopBulkJob(new BulkJobAdapters(signal), { functionName, bulkJobId }, request.caller);
  return { statusCode: 204 };
});
