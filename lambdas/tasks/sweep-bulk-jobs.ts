import { BULK_WAKE_REPEAT_MS } from '../domain/limits.ts';
import type { FunctionLane } from './sweep-lane.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Sends the messages of a function's bulk jobs again that no worker has: they were lost, or their workers died. Each is sent
 * before the wake time changes: a sweep that dies in between only has it sent twice.
 */
export async function sweepBulkJobs(run: SweepRun, own: FunctionLane): Promise<void> {
  const { jobs, jobIndex, queue, bulkJobQueueUrl, clock } = run.deps;
  await own.each(await jobIndex.due(own.functionName, clock()), async (key) => {
    const now = clock();
    const job = await jobs.get(key, now);
    // The index lags behind: it was handled already, or has ended.
    if (job?.wakeTime === undefined || job.wakeTime > now) return;
    await queue.sendBulkJob(bulkJobQueueUrl, job);
    await jobs.noteWakeTime(job, now + BULK_WAKE_REPEAT_MS);
    run.count('bulkJobs');
  });
}
