/** The indexes of the task table: created by the construct, queried by the list and the sweep. */
export const TASK_INDEXES = { byTime: 'byTime', byState: 'byState', byWakeTime: 'byWakeTime' } as const;

/** The prefixes by which the payload bucket's lifecycle rules tell payloads from results. */
export const OBJECT_PREFIXES = { payload: 'payloads/', result: 'results/' } as const;

/** The row of the function table that holds the destinations which the deployment allows. No function name has a #. */
export const DESTINATIONS_ROW = '#destinations';

/** What the keys of the rows begin with that hold the workflows of the deployment, each by its name. */
export const WORKFLOW_ROW_PREFIX = '#workflow/';

/** Tells whether a row of the function table is of a function. */
export function isFunctionRow(key: string): boolean {
  return !key.startsWith('#');
}

/**
 * What the keys of the task table begin with that are of bulk jobs and not of tasks: of rows, and of the partitions of the
 * indexes by time and by wake time. No function name has a #, so a worker reaches none of them (`<functionName>#*`).
 */
export const BULK_JOB_ROW_PREFIX = '#bulk-job/';
export const BULK_JOB_TIME_SHARD_PREFIX = '#bulk-jobs/';

/**
 * The attributes of a task's row that a run reads in conditions or writes: all that a worker's role may name there, since it
 * runs the user's code too. What a submit writes is not among them (payload, config, waiter, trace, tenant, submissionId,
 * series, timeShard, sortKey ...), nor is what the follow-up functions write, so code can forge neither.
 */
export const RUN_ATTRIBUTES = [
  ...['pk', 'status', 'version', 'runId', 'leaseUntil', 'lookFrom', 'instanceId', 'startTime', 'attempt'],
  ...[
    'notBefore',
    'startDeadline',
    'handBacks',
    'handedBackTime',
    'events',
    'droppedEvents',
    'error',
    'result',
  ],
  ...['endTime', 'durationMs', 'expiresAt', 'writeId', 'stateShard', 'wakeTime', 'followUp', 'runs'],
] as const;

/** The attributes of a kept end's row that a worker's role may name. */
export const KEPT_END_ATTRIBUTES = ['pk', 'ended', 'expiresAt'] as const;

/** What the keys of the rows of kept ends begin with, after the function's name and the separator of keys. */
export const KEPT_END_MARK = '!';
