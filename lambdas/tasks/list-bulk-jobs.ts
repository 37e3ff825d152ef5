import type { BulkJobIndex, BulkJobsPage } from '../aws/bulk-job-index.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';

export interface ListBulkJobsDependencies extends FindFunctionDependencies {
  readonly jobIndex: Pick<BulkJobIndex, 'list'>;
}

export interface ListBulkJobsRequest {
  readonly functionName: string;
  readonly limit: number;
  /** The sort key after which this page begins. */
  readonly after: string | undefined;
}

/**
 * Reads one page of a function's bulk jobs, the latest first.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function listBulkJobs(
  deps: ListBulkJobsDependencies,
  { functionName, ...page }: ListBulkJobsRequest,
): Promise<BulkJobsPage> {
  await knownFunction(deps, functionName);
  return deps.jobIndex.list(functionName, { ...page, now: deps.clock() });
}
