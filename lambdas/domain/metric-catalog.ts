import { TASK_STATUSES, type TaskStatus } from './lifecycle.ts';
import {
  type FunctionMetric,
  type MetricName,
  type OwnSweepMetric,
  statusMetric,
  sweepMetric,
} from './metrics.ts';
import { SWEEP_FINDINGS } from './sweep-finding.ts';

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
  RateLimitedCount: {
    meaning: 'submits refused with 429, since their caller submits too fast',
    contract: 'FunctionResourceThrottles',
  },
};

const SWEEP_METRICS: Readonly<Record<OwnSweepMetric, MetricDefinition>> = {
  SweepRunCount: { meaning: 'runs of the sweep: one a minute' },
  SweepFailureCount: { meaning: 'parts of a run that failed; the next run tries again' },
};

/** Every metric that we emit, and what it says. */
export const METRICS = {
  ...Object.fromEntries(TASK_STATUSES.map((status) => [statusMetric(status), STATUS_MEANINGS[status]])),
  ...FUNCTION_METRICS,
  ...SWEEP_METRICS,
  ...Object.fromEntries(
    SWEEP_FINDINGS.map((finding) => [
      sweepMetric(finding),
      { meaning: `what the sweep found and saw to: ${finding}` },
    ]),
  ),
} as Readonly<Record<MetricName, MetricDefinition>>;
