import { BULK_WAKE_REPEAT_MS } from '../domain/limits.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Sends the messages of bulk jobs again that nobody works on: they were lost, or those who had them died. Each is sent
 * before the wake time changes: who dies in between only has it sent twice.
 */
export async function sweepBulkJobs(run: SweepRun): Promise<void> {
  const { jobs, jobIndex, queue, bulkJobQueueUrl, clock } = run.deps;
  await run.each('bulk jobs', await jobIndex.due(clock()), async (key) => {
    const now = clock();
    const job = await jobs.get(key, now);
    // The index lags behind: it was seen to already, or has ended.
    if (job?.wakeTime === undefined || job.wakeTime > now) return false;
    await queue.sendBulkJob(bulkJobQueueUrl, job);
    await jobs.noteWakeTime(job, now + BULK_WAKE_REPEAT_MS);
    return run.count('bulkJobs');
  });
}
