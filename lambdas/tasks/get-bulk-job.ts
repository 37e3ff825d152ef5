import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import type { BulkJob, BulkJobKey } from '../domain/bulk-job.ts';
import { TaskModeError } from '../domain/errors.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';

export interface GetBulkJobDependencies extends FindFunctionDependencies {
  readonly jobs: Pick<BulkJobStore, 'get'>;
}

/** @throws TaskModeError `FunctionNotFound`, `BulkJobNotFound` */
export async function getBulkJob(deps: GetBulkJobDependencies, key: BulkJobKey): Promise<BulkJob> {
  const job = await deps.jobs.get(key, deps.clock());
  if (job) return job;
  await knownFunction(deps, key.functionName);
  throw new TaskModeError(
    'BulkJobNotFound',
    `bulk job "${key.bulkJobId}" of function "${key.functionName}" does not exist`,
  );
}
