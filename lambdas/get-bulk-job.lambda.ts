import { apiOperation } from './api-operation.ts';
import { BulkJobAdapters } from './bulk-job-adapters.ts';
import { bulkJobFields, toBulkJob } from './http/bulk-jobs.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { getBulkJob } from './tasks/get-bulk-job.ts';

/** GetBulkJob: ours. */
export const handler = apiOperation('GetBulkJob', async (request, signal) => {
  const { functionName, bulkJobId, qualifier } = parseFields(bulkJobFields, request.fields);
  checkQualifier(qualifier, functionName);
  const job = await getBulkJob(new BulkJobAdapters(signal), { functionName, bulkJobId });
  return { statusCode: 200, body: toBulkJob(job) };
});
