import * as z from 'zod/mini';
import { ASYNC_METRIC_NAMES } from '../../domain/async-metrics.ts';
import { BULK_JOB_STATUSES } from '../../domain/bulk-job.ts';
import { BULK_ACTION_NAMES } from '../../domain/bulk-order.ts';
import { STEP_STATUSES } from '../../domain/execution-steps.ts';
import { TASK_STATUSES } from '../../domain/lifecycle.ts';
import { LOG_LEVELS } from '../../domain/log-line.ts';
import { EXECUTION_STATUSES } from '../../domain/workflow.ts';

/**
 * What the operations answer, as schemas: the OpenAPI document tells them, and the tests hold every answer against them.
 * An object has no other fields than these.
 */

const millis = z.int();

const text = z.string();

const status = z.enum(TASK_STATUSES);

const event = z.strictObject({
  eventId: z.int(),
  status,
  timestamp: millis,
  eventDetail: z.optional(text),
  instanceId: z.optional(text),
  sentTime: z.optional(millis),
  receivedTime: z.optional(millis),
});

export const asyncTask = z.strictObject({
  taskId: text,
  functionArn: text,
  qualifier: text,
  status,
  requestId: text,
  instanceId: z.optional(text),
  startedTime: millis,
  endTime: millis,
  durationMs: z.optional(z.int()),
  alreadyRetriedTimes: z.int(),
  destinationStatus: z.enum(['Succeeded', 'Stopped']),
  taskErrorMessage: z.optional(text),
  taskPayload: z.optional(text),
  returnPayload: z.optional(text),
  events: z.array(event),
  destination: z.optional(
    z.strictObject({
      destination: text,
      state: z.enum(['Pending', 'Delivered', 'Failed']),
      attempts: z.int(),
      lastError: z.optional(text),
    }),
  ),
  traceparent: z.optional(text),
  tracestate: z.optional(text),
});

const nextToken = z.optional(text);

export const taskList = z.strictObject({ tasks: z.array(asyncTask), nextToken });

const count = z.optional(z.strictObject({ count: z.int(), isAtLeast: z.optional(z.literal(true)) }));

/** What a queue holds. */
const queue = z.optional(
  z.strictObject({ visible: z.int(), inFlight: z.int(), delayed: z.optional(z.int()) }),
);

export const explanation = z.strictObject({
  taskId: text,
  status,
  reason: text,
  message: text,
  until: z.optional(millis),
  running: count,
  ahead: count,
  queue,
});

export const taskLogs = z.strictObject({
  logs: z.array(
    z.strictObject({
      timestamp: millis,
      message: text,
      level: z.optional(z.enum(LOG_LEVELS)),
      requestId: z.optional(text),
      instanceId: text,
    }),
  ),
  isUpToDate: z.boolean(),
  nextToken,
});

export const functionList = z.strictObject({
  functions: z.array(
    z.strictObject({
      functionName: text,
      functionArn: text,
      asyncTask: z.boolean(),
      tasksAtOnce: z.int(),
      counts: z.partialRecord(status, z.int()),
      countsAtLeast: z.array(status),
      queue,
    }),
  ),
  nextToken,
});

/** Of each task what its submit alone would be answered. */
export const batchAnswer = z.strictObject({
  tasks: z.array(
    z.union([
      z.strictObject({ taskId: text, statusCode: z.literal(202) }),
      z.strictObject({
        taskId: z.optional(text),
        statusCode: z.int(),
        Code: text,
        Message: text,
        status: z.optional(status),
        isSamePayload: z.optional(z.boolean()),
      }),
    ]),
  ),
});

/** What a function returned, whatever that is; its failure; or the task that has the id of a submit already. */
export const functionResult = z.unknown();

const bulkFilter = z.strictObject({
  status: z.optional(z.array(status)),
  prefix: z.optional(text),
  startedTimeBegin: z.optional(millis),
  startedTimeEnd: z.optional(millis),
});

const bulkAction = z.enum(BULK_ACTION_NAMES);

export const bulkJobPreview = z.strictObject({
  action: bulkAction,
  filter: bulkFilter,
  matched: z.int(),
  countsByStatus: z.partialRecord(status, z.int()),
  isComplete: z.boolean(),
});

export const bulkJob = z.strictObject({
  bulkJobId: text,
  functionName: text,
  action: bulkAction,
  filter: bulkFilter,
  maxTasks: z.int(),
  reason: z.optional(text),
  status: z.enum(BULK_JOB_STATUSES),
  matched: z.int(),
  done: z.int(),
  unchanged: z.int(),
  refused: z.int(),
  refusedByCode: z.record(text, z.int()),
  errors: z.array(z.strictObject({ taskId: text, code: text, message: text })),
  isMaxTasksReached: z.optional(z.literal(true)),
  error: z.optional(text),
  createdTime: millis,
  startTime: z.optional(millis),
  endTime: z.optional(millis),
  caller: z.optional(text),
  stoppedBy: z.optional(text),
});

export const bulkJobList = z.strictObject({ bulkJobs: z.array(bulkJob), nextToken });

const destination = z.optional(z.strictObject({ destination: text }));

export const asyncConfig = z.strictObject({
  functionArn: text,
  asyncTask: z.boolean(),
  createdTime: z.optional(text),
  lastModifiedTime: z.optional(text),
  destinationConfig: z.optional(z.strictObject({ onSuccess: destination, onFailure: destination })),
  maxAsyncEventAgeInSeconds: z.int(),
  maxAsyncRetryAttempts: z.int(),
});

export const asyncConfigList = z.strictObject({ configs: z.array(asyncConfig), nextToken });

export const concurrencyConfig = z.strictObject({ functionArn: text, reservedConcurrency: z.int() });

export const currentConcurrencyConfig = z.strictObject({
  ...concurrencyConfig.shape,
  currentConcurrency: z.optional(z.int()),
});

export const concurrencyConfigList = z.strictObject({ configs: z.array(concurrencyConfig), nextToken });

const values = z.optional(z.array(z.nullable(z.number())));

export const asyncMetrics = z.strictObject({
  functionName: text,
  startTime: millis,
  endTime: millis,
  period: z.int(),
  timestamps: z.array(millis),
  metrics: z.partialRecord(
    z.enum(ASYNC_METRIC_NAMES),
    z.strictObject({
      unit: text,
      sum: values,
      average: values,
      maximum: values,
      count: values,
      p50: values,
      p99: values,
    }),
  ),
  alarms: z.array(
    z.strictObject({
      alarmName: text,
      name: text,
      severity: text,
      state: text,
      reason: z.optional(text),
      since: z.optional(millis),
    }),
  ),
});

const workflow = z.strictObject({ workflowName: text, type: z.enum(['Standard', 'Express']) });

export const workflowList = z.strictObject({ workflows: z.array(workflow), nextToken });

const executionSummary = z.strictObject({
  executionName: text,
  status: z.enum(EXECUTION_STATUSES),
  startedTime: millis,
  endTime: millis,
});

export const startedExecution = z.strictObject({ workflowName: text, ...executionSummary.shape });

export const execution = z.strictObject({
  ...startedExecution.shape,
  input: z.optional(text),
  output: z.optional(text),
  error: z.optional(text),
  cause: z.optional(text),
});

export const executionList = z.strictObject({ executions: z.array(executionSummary), nextToken });

const step = z.strictObject({
  stepId: z.int(),
  parentStepId: z.optional(z.int()),
  mapIndex: z.optional(z.int()),
  branchIndex: z.optional(z.int()),
  stateName: text,
  stateType: text,
  enteredTime: millis,
  exitedTime: millis,
  status: z.enum(STEP_STATUSES),
  attempts: z.int(),
  error: z.optional(text),
  cause: z.optional(text),
  functionName: z.optional(text),
  taskId: z.optional(text),
  taskStatus: z.optional(status),
});

export const executionSteps = z.strictObject({ steps: z.array(step), isComplete: z.boolean(), nextToken });

/** Of every refusal; some tell more beside it. */
export const errorFields = { Message: text, RequestId: text } as const;

/** What errors of some codes tell beside their message. */
export const ERROR_DETAILS: Readonly<Record<string, Readonly<Record<string, z.ZodMiniType>>>> = {
  AsyncTaskAlreadyExists: { taskId: text, status, isSamePayload: z.optional(z.boolean()) },
  BulkJobAlreadyExists: { bulkJobId: text, status: z.enum(BULK_JOB_STATUSES) },
  ExecutionAlreadyExists: { executionName: text, status: z.enum(EXECUTION_STATUSES) },
};

/** Of the description itself: its own specification says what is in it. */
export const openApi = z.looseObject({ openapi: z.literal('3.1.0') });
