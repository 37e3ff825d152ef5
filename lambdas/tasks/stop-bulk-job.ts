import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import { type BulkJobKey, isUnfinished } from '../domain/bulk-job.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { FindFunctionDependencies } from './find-function.ts';
import { getBulkJob } from './get-bulk-job.ts';

export interface StopBulkJobDependencies extends FindFunctionDependencies {
  readonly jobs: Pick<BulkJobStore, 'get' | 'requestStop'>;
}

/** How often a stop follows a job that moves under it. A job has few moves left by then. */
const MAX_TRIES = 5;

/**
 * Has a bulk job act on no further task: at once where nobody has taken it up, else within the batch that its worker is
 * at. What it has done stays done. Asking again changes nothing.
 * @throws TaskModeError `FunctionNotFound`, `BulkJobNotFound`, `BulkJobFinished` when it ended otherwise.
 */
export async function stopBulkJob(
  deps: StopBulkJobDependencies,
  key: BulkJobKey,
  caller: string | undefined,
): Promise<void> {
  let job = await getBulkJob(deps, key);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { status, bulkJobId } = job;
    if (status === 'Stopping' || status === 'Stopped') return;
    if (!isUnfinished(job)) {
      throw new TaskModeError(
        'BulkJobFinished',
        `bulk job "${bulkJobId}" of function "${key.functionName}" has ended already, with status ${status}`,
      );
    }
    const outcome = await deps.jobs.requestStop(job, caller, deps.clock());
    if (outcome.isWritten) return;
    job = outcome.current ?? (await getBulkJob(deps, key));
  }
  throw new TaskModeError('ServiceUnavailable', `bulk job "${key.bulkJobId}" keeps changing. Please retry.`);
}
