import type { TaskStore } from '../aws/task-store.ts';
import { type BulkJob, type BulkOutcome, bulkDetail, isActedOn, isMeant } from '../domain/bulk-job.ts';
import { type ErrorCode, TaskModeError } from '../domain/errors.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { HandOverDependencies } from './hand-over.ts';
import { type RedriveDependencies, redriveFrom } from './redrive-task.ts';
import { stopFrom } from './stop-task.ts';

export interface ActDependencies extends HandOverDependencies, RedriveDependencies {}

/** What a task is refused with for reasons of its own: everything else is a fault, and tried again. */
const REFUSALS: readonly ErrorCode[] = ['RedriveNotAllowed'];

/** What says that a task is no longer there, or no longer what the job looks for. */
const GONE: readonly ErrorCode[] = ['AsyncTaskNotFound', 'AsyncTaskFinished'];

/**
 * Does to one task what its job is to do, if it is still meant, and tells what came of it. Its event carries the job's
 * id: a job that comes to it a second time knows that it has been here.
 * @throws TaskModeError for faults: it is to be tried again.
 */
export async function actOnBulkTask(
  deps: ActDependencies,
  job: BulkJob,
  record: TaskFunctionRecord,
  task: Task | undefined,
): Promise<BulkOutcome> {
  if (!task) return 'unchanged';
  if (isActedOn(job, task)) return 'done';
  if (!isMeant(job, task)) return 'unchanged';
  try {
    return job.action === 'Stop'
      ? await stop(deps, job, record, task)
      : await redrive(deps, job, record, task);
  } catch (error) {
    if (!(error instanceof TaskModeError)) throw error;
    if (GONE.includes(error.code)) return 'unchanged';
    if (!REFUSALS.includes(error.code)) throw error;
    return refusal(deps.storeFor(record.shardCount), job, task, error, deps.clock());
  }
}

async function stop(
  deps: ActDependencies,
  job: BulkJob,
  { shardCount }: TaskFunctionRecord,
  task: Task,
): Promise<BulkOutcome> {
  const outcome = await stopFrom(deps, deps.storeFor(shardCount), task, {
    eventDetail: bulkDetail(job),
    isMeant: (current) => isMeant(job, current),
  });
  const isDone = outcome.isWritten || (outcome.current && isActedOn(job, outcome.current));
  return isDone ? 'done' : 'unchanged';
}

async function redrive(
  deps: ActDependencies,
  job: BulkJob,
  record: TaskFunctionRecord,
  task: Task,
): Promise<BulkOutcome> {
  // Later than the job's creation by whatever clock: so this series is never taken for one that was there then.
  const now = Math.max(deps.clock(), job.createdTime + 1);
  await redriveFrom(deps, record, task, { now, eventDetail: bulkDetail(job) });
  return 'done';
}

/** A task that is refused since it has moved meanwhile was not refused: it is another's now, or was this job's before. */
async function refusal(
  store: TaskStore,
  job: BulkJob,
  { functionName, taskId }: Task,
  { code, message }: TaskModeError,
  now: number,
): Promise<BulkOutcome> {
  const current = await store.get({ functionName, taskId }, now);
  if (current && isActedOn(job, current)) return 'done';
  return current && isMeant(job, current) ? { taskId, code, message } : 'unchanged';
}
