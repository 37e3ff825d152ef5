import { TASK_STATUSES, type TaskStatus } from './lifecycle.ts';
import {
  type FunctionMetric,
  type MetricName,
  type SharedMetric,
  type SweepMetric,
  statusMetric,
  sweepMetric,
} from './metrics.ts';
import { SWEEP_FINDINGS, type SweepFinding } from './sweep-finding.ts';

/** What a metric says, for people. Its name and unit are in metrics.ts, which all bundles carry. */
export interface MetricDefinition {
  readonly meaning: string;
  /** The metric of Function Compute that says the same (FC contract section 13). */
  readonly contract?: string;
}

const STATUS_MEANINGS: Readonly<Record<TaskStatus, MetricDefinition>> = {
  Enqueued: {
    meaning: 'tasks accepted, redriven, or handed back before their first attempt was over',
    contract: 'FunctionEnqueueCount',
  },
  Processed: { meaning: 'tasks dequeued by a worker', contract: 'FunctionDequeueCount' },
  Running: { meaning: 'attempts begun', contract: 'FunctionTotalInvocations' },
  Retrying: { meaning: 'attempts that failed and are repeated', contract: 'FunctionFunctionErrors' },
  Stopping: { meaning: 'stops asked of tasks that run' },
  Succeeded: { meaning: 'tasks that succeeded' },
  Failed: {
    meaning: 'tasks that failed; each that succeeded adds a 0, so that the average is the share that failed',
    contract: 'FunctionFunctionErrors',
  },
  Stopped: { meaning: 'tasks that were stopped' },
  Expired: { meaning: 'tasks not started in time', contract: 'FunctionAsyncEventExpiredDropped' },
  Invalid: { meaning: 'tasks whose function was removed before they started' },
};

const FUNCTION_METRICS: Readonly<Record<FunctionMetric, MetricDefinition>> = {
  QueueWait: {
    meaning:
      'from when a task was due (its submit, or the end of its delay) to the start of its first attempt',
    contract: 'FunctionAsyncMessageLatencyAvg, FunctionAsyncMessageLatencyMax',
  },
  RunDuration: {
    meaning: 'how long an attempt took; of one whose process died nobody knows',
  },
  ColdStartDuration: {
    meaning:
      'from the start of a worker’s process to its first message; its sample count is the number of cold starts',
  },
  BacklogAge: {
    meaning:
      'for how long the longest-waiting due task has waited, of the oldest that the sweep reads each minute; none while no task has waited for a minute',
  },
  StopLatency: { meaning: 'from a stop asked of a task that runs to Stopped' },
  DestinationDeliveredCount: {
    meaning: 'ends of tasks that their destinations were told of',
    contract: 'FunctionDestinationSucceeded',
  },
  DestinationErrorCount: {
    meaning: 'times that a destination did not take what it was told',
    contract: 'FunctionDestinationErrors',
  },
  DestinationGivenUpCount: { meaning: 'ends of tasks that are not told any more, since nobody took them' },
};

const SHARED_METRICS: Readonly<Record<Exclude<SharedMetric, SweepMetric>, MetricDefinition>> = {
  SweepRunCount: { meaning: 'runs of the sweep: one a minute' },
  SweepFailureCount: { meaning: 'parts of a run that failed; the next run tries again' },
  RateLimitedCount: {
    meaning: 'submits refused with 429, since their caller submits too fast',
    contract: 'FunctionResourceThrottles',
  },
  DroppedMessageCount: {
    meaning: 'messages that were dropped: malformed, for another function, or naming a row that is not valid',
  },
};

const FINDING_MEANINGS: Readonly<Record<SweepFinding, string>> = {
  wokenUp: 'wake-ups of tasks delayed by more than 15 minutes that the sweep sent',
  deadRuns: 'runs whose process died, which the sweep ended',
  expired: 'tasks not started in time, which the sweep ended; they count as Expired as well',
  invalid: 'tasks of removed functions, which the sweep ended; they count as Invalid as well',
  abandoned:
    'tasks between two attempts that no worker took for 7 days, which the sweep ended; they count as Failed as well',
  orphans: 'lost wake-ups that the sweep sent again',
  deadLetters: 'messages that the sweep took from dead-letter queues',
  followUps: 'ended tasks that the sweep handed over again, since their destinations were not told yet',
  forgotten: 'removed functions of which no task was left',
  concurrencies: 'functions whose concurrency was not what was put at run time, and is again',
  strays: 'index entries that a worker put into a shard of another function, which the sweep removed',
  bulkJobs: 'bulk jobs that nobody worked on, which the sweep had a worker take up again',
};

/** Every metric that we emit, and what it says. */
export const METRICS = {
  ...Object.fromEntries(TASK_STATUSES.map((status) => [statusMetric(status), STATUS_MEANINGS[status]])),
  ...FUNCTION_METRICS,
  ...SHARED_METRICS,
  ...Object.fromEntries(
    SWEEP_FINDINGS.map((finding) => [sweepMetric(finding), { meaning: FINDING_MEANINGS[finding] }]),
  ),
} as Readonly<Record<MetricName, MetricDefinition>>;
