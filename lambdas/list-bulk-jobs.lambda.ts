import { apiOperation } from './api-operation.ts';
import { BulkJobAdapters } from './bulk-job-adapters.ts';
import { isBulkJobPlace, listBulkJobsFields, toBulkJob } from './http/bulk-jobs.ts';
import { fromPlaceToken, toPlaceToken } from './http/next-token.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { listBulkJobs } from './tasks/list-bulk-jobs.ts';

/** ListBulkJobs: ours, the latest first. */
export const handler = apiOperation('ListBulkJobs', async (request, signal) => {
  const { functionName, qualifier, limit, nextToken } = parseFields(listBulkJobsFields, request.fields);
  checkQualifier(qualifier, functionName);
  const list = ['bulk-jobs', functionName];
  const { jobs, readTo } = await listBulkJobs(new BulkJobAdapters(signal), {
    functionName,
    limit,
    after: fromPlaceToken(nextToken, list, isBulkJobPlace),
  });
  return { statusCode: 200, body: { bulkJobs: jobs.map(toBulkJob), nextToken: toPlaceToken(readTo, list) } };
});
