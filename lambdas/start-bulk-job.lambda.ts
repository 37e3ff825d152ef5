import { apiOperation } from './api-operation.ts';
import { BulkJobAdapters } from './bulk-job-adapters.ts';
import { bulkJobsFields, filterOf, startBulkJobBody, toBulkJob, toBulkJobPreview } from './http/bulk-jobs.ts';
import { logFault } from './http/fault-log.ts';
import { parseBody } from './http/json-body.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { countBulkTasks } from './tasks/count-bulk-tasks.ts';
import { startBulkJob } from './tasks/start-bulk-job.ts';

/** StartBulkJob: ours, what is done to one task is done to all that a filter finds; or, as a dry run, they are counted. */
export const handler = apiOperation('StartBulkJob', async (request, signal) => {
  const { functionName, qualifier } = parseFields(bulkJobsFields, request.fields);
  checkQualifier(qualifier, functionName);
  const body = parseBody(startBulkJobBody, request.body);
  const { action, maxTasks, reason, bulkJobId } = body;
  const filter = filterOf(body);
  const adapters = new BulkJobAdapters(signal);
  if (body.dryRun) {
    const counts = await countBulkTasks(adapters, { functionName, action, filter });
    return { statusCode: 200, body: toBulkJobPreview(body, filter, counts) };
  }
  const dependencies = Object.assign(adapters, {
    logFault: (error: unknown) =>
      logFault('a bulk job waits for the sweep: its worker was not told', {
        requestId: request.requestId,
        error,
      }),
  });
  const job = await startBulkJob(dependencies, {
    ...{ functionName, action, filter, maxTasks, bulkJobId, caller: request.caller },
    ...(reason !== undefined && { reason }),
  });
  return { statusCode: 202, body: toBulkJob(job) };
});
