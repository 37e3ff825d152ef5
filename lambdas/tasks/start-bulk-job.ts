import { randomUUID } from 'node:crypto';
import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import { type BulkJob, newBulkJob } from '../domain/bulk-job.ts';
import { type BulkOrder, isSameOrder } from '../domain/bulk-order.ts';
import { TaskModeError } from '../domain/errors.ts';
import { BULK_WAKE_AFTER_MS } from '../domain/limits.ts';
import { type FindFunctionDependencies, functionTakingTasks, knownFunction } from './find-function.ts';

export interface StartBulkJobDependencies extends FindFunctionDependencies {
  readonly jobs: Pick<BulkJobStore, 'create'>;
  readonly queue: TaskQueue;
  readonly bulkJobQueueUrl: string;
  readonly logFault: (error: unknown) => void;
}

export interface StartBulkJobRequest extends BulkOrder {
  readonly functionName: string;
  /** The caller's own, by which a repeated request is known. */
  readonly bulkJobId?: string | undefined;
  readonly caller?: string | undefined;
}

/**
 * Accepts a bulk job, which a worker then does. Asking for the same under the same id again changes nothing. When the
 * worker cannot be told, the job is accepted all the same, and the sweep tells it.
 * @throws TaskModeError `FunctionNotFound`, `BulkJobAlreadyExists`, `ServiceUnavailable`
 */
export async function startBulkJob(
  deps: StartBulkJobDependencies,
  { bulkJobId = `b-${randomUUID()}`, ...request }: StartBulkJobRequest,
): Promise<BulkJob> {
  await findTarget(deps, request);
  const now = deps.clock();
  const wanted = newBulkJob({ ...request, bulkJobId, now, wakeTime: now + BULK_WAKE_AFTER_MS });
  const outcome = await deps.jobs.create(wanted, now);
  const job = outcome.isWritten ? outcome.job : outcome.current;
  if (!job)
    throw new TaskModeError('ServiceUnavailable', `bulk job "${bulkJobId}" keeps changing. Please retry.`);
  if (!isSameOrder(job, wanted)) throw alreadyExists(job);
  // Also of one that was there: who had it started before may not have come this far.
  if (job.status === 'Pending') await deps.queue.sendBulkJob(deps.bulkJobQueueUrl, job).catch(deps.logFault);
  return job;
}

/** Tasks of a function that was removed can be stopped, and not run again. */
export function findTarget(
  deps: FindFunctionDependencies,
  { functionName, action }: Pick<StartBulkJobRequest, 'functionName' | 'action'>,
) {
  return action === 'Redrive' ? functionTakingTasks(deps, functionName) : knownFunction(deps, functionName);
}

function alreadyExists({ bulkJobId, functionName, status }: BulkJob): TaskModeError {
  return new TaskModeError(
    'BulkJobAlreadyExists',
    `bulk job "${bulkJobId}" of function "${functionName}" already exists, and is to do something else`,
    { details: { bulkJobId, status } },
  );
}
