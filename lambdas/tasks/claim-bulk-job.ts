import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import { type BulkJob, type BulkJobKey, isUnfinished } from '../domain/bulk-job.ts';

export interface ClaimDependencies {
  readonly jobs: Pick<BulkJobStore, 'get' | 'claim'>;
  readonly clock: () => number;
}

/** How often a claim follows a job that moves under it. */
const MAX_TRIES = 5;

/** Takes up a job for a worker; undefined when it has ended, or another worker has it. */
export async function claimBulkJob(
  { jobs, clock }: ClaimDependencies,
  key: BulkJobKey,
  runId: string,
): Promise<BulkJob | undefined> {
  let job = await jobs.get(key, clock());
  for (let tries = 0; tries < MAX_TRIES && job && isUnfinished(job); tries += 1) {
    const now = clock();
    // Whoever has it goes on with it; should that one die, the sweep sends another message.
    if (job.leaseUntil !== undefined && job.leaseUntil > now && job.runId !== runId) return undefined;
    const outcome = await jobs.claim(job, runId, now);
    if (outcome.isWritten) return outcome.job;
    job = outcome.current;
  }
  return undefined;
}
