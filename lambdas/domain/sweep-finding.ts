/** What the sweep finds and sees to. */
export const SWEEP_FINDINGS = [
  /** Wake-ups of long-delayed tasks that it sent. */
  'wokenUp',
  /** Runs that it ended since their lease was over. */
  'deadRuns',
  'expired',
  'invalid',
  /** Tasks between two attempts that no worker took for a week, which it ended. */
  'abandoned',
  /** Wake-ups that it sent again. */
  'orphans',
  /** Messages that it took from dead-letter queues. */
  'deadLetters',
  /** Ended tasks that it handed over again, since their destinations are not told yet. */
  'followUps',
  /** Removed functions of which no task is left. */
  'forgotten',
  /** Event sources that it told how many tasks may run at once, as was put at run time. */
  'concurrencies',
  /** Index entries of other functions that it removed from a function's shards. */
  'strays',
  /** Bulk jobs that it had a worker look at again. */
  'bulkJobs',
] as const;

export type SweepFinding = (typeof SWEEP_FINDINGS)[number];
