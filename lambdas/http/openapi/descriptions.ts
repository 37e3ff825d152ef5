import * as z from 'zod/mini';
import type { ErrorCode } from '../../domain/errors.ts';
import { BATCH_TASKS_MAX } from '../../domain/limits.ts';
import type { OperationName } from '../../domain/operations.ts';
import { asyncMetricsFields } from '../async-metrics.ts';
import { batchTask, submitAsyncTasksBody, submitAsyncTasksFields } from '../batch.ts';
import { bulkJobFields, bulkJobsFields, listBulkJobsFields, startBulkJobBody } from '../bulk-jobs.ts';
import {
  functionFields,
  listConfigsFields,
  putAsyncInvokeConfigBody,
  putConcurrencyBody,
} from '../config-schemas.ts';
import { listFunctionsFields } from '../functions.ts';
import { getAsyncTaskFields, invokeFunctionFields, listAsyncTasksFields, taskFields } from '../schemas.ts';
import { taskLogsFields } from '../task-logs.ts';
import {
  executionFields,
  executionHistoryFields,
  listExecutionsFields,
  listWorkflowsFields,
  startExecutionBody,
  stopExecutionBody,
  workflowFields,
} from '../workflow-schemas.ts';
import * as answers from './answers.ts';
import { CALL_HEADERS, type Headers, SUBMIT_HEADERS } from './headers.ts';

interface Answer {
  readonly description: string;
  /** Absent where there is no body. */
  readonly body?: z.ZodMiniType;
  /** Beside those that every answer carries. */
  readonly headers?: Headers;
}

export const TAGS = {
  Tasks: 'Asynchronous invocations as tasks, and synchronous ones',
  'Bulk jobs': 'What is done to all tasks that a filter finds',
  Configuration: 'What is set on functions while they run',
  Metrics: 'What was measured',
  Workflows: 'Executions of workflows over tasks; deployed with the first workflow',
  Description: 'This document',
} as const;

/** What the OpenAPI document tells of an operation. */
export interface OperationDescription {
  readonly summary: string;
  readonly tag: keyof typeof TAGS;
  /** The schema that the handler checks path, query and headers with. */
  readonly fields: z.ZodMiniObject;
  /** The schema that the handler checks the body with. */
  readonly body?: { readonly schema: z.ZodMiniType; readonly isRequired: boolean };
  readonly answers: Readonly<Record<number, Answer>>;
  /** The codes that it refuses with beside those that every operation may answer (COMMON_ERRORS). */
  readonly errors: readonly ErrorCode[];
}

/** What every operation may answer. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'AccessDenied',
  'SignatureNotMatch',
  'InvalidAccessKeyID',
  'InternalServerError',
  'ServiceUnavailable',
];

const NOTHING: Answer = { description: 'Done.' };

const OF_FUNCTION = ['InvalidArgument', 'FunctionNotFound', 'AliasNotFound'] as const;

const OF_EXECUTION = [
  'InvalidArgument',
  'WorkflowNotFound',
  'WorkflowTypeNotSupported',
  'ExecutionNotFound',
] as const;

/**
 * Every operation, described. Whoever adds one to OPERATIONS adds it here: its summary, the very schemas that its handler
 * checks requests with, a schema of each answer (openapi/answers.ts), and the codes that it refuses with; and then a
 * request for each of these answers to test/openapi/answers.test.ts.
 */
export const DESCRIPTIONS: Readonly<Record<OperationName, OperationDescription>> = {
  ListFunctions: {
    summary: 'List the functions that take tasks, with how many tasks of theirs have each status',
    tag: 'Tasks',
    fields: listFunctionsFields,
    answers: { 200: { description: 'A page of functions.', body: answers.functionList } },
    errors: ['InvalidArgument'],
  },
  ExplainAsyncTask: {
    summary: 'Say why a task does not run yet',
    tag: 'Tasks',
    fields: taskFields,
    answers: { 200: { description: 'The reason, as a word and as a sentence.', body: answers.explanation } },
    errors: [...OF_FUNCTION, 'AsyncTaskNotFound'],
  },
  GetAsyncTaskLogs: {
    summary: 'Read what a task has logged',
    tag: 'Tasks',
    fields: taskLogsFields,
    answers: { 200: { description: 'A page of lines, the oldest first.', body: answers.taskLogs } },
    errors: [...OF_FUNCTION, 'AsyncTaskNotFound'],
  },
  InvokeFunction: {
    summary: 'Submit a task, or call a function and wait for its result',
    tag: 'Tasks',
    fields: invokeFunctionFields,
    body: { schema: z.unknown(), isRequired: false },
    answers: {
      200: {
        description:
          'Of a synchronous call the result, and with x-fc-error-type the failure of the function; of a submit with x-task-mode-on-duplicate: return the task that has the id.',
        body: answers.functionResult,
        headers: { ...CALL_HEADERS, ...SUBMIT_HEADERS },
      },
      202: { description: 'Accepted.', headers: SUBMIT_HEADERS },
    },
    errors: [
      ...OF_FUNCTION,
      'EntityTooLarge',
      'AsyncTaskAlreadyExists',
      'Throttling.User',
      'ResourceExhausted',
      'InvocationTimeout',
    ],
  },
  GetAsyncTask: {
    summary: 'Read a task, at once or when it has ended',
    tag: 'Tasks',
    fields: getAsyncTaskFields,
    answers: { 200: { description: 'The task.', body: answers.asyncTask } },
    errors: [...OF_FUNCTION, 'AsyncTaskNotFound'],
  },
  ListAsyncTasks: {
    summary: 'List the tasks of a function',
    tag: 'Tasks',
    fields: listAsyncTasksFields,
    answers: { 200: { description: 'A page of tasks.', body: answers.taskList } },
    errors: OF_FUNCTION,
  },
  SubmitAsyncTasks: {
    summary: 'Submit up to a hundred tasks',
    tag: 'Tasks',
    fields: submitAsyncTasksFields,
    body: {
      schema: z.strictObject({
        ...submitAsyncTasksBody.shape,
        tasks: z.array(batchTask).check(z.minLength(1), z.maxLength(BATCH_TASKS_MAX)),
      }),
      isRequired: true,
    },
    answers: { 200: { description: 'An answer for each, in their order.', body: answers.batchAnswer } },
    errors: [...OF_FUNCTION, 'Throttling.User'],
  },
  StopAsyncTask: {
    summary: 'Stop a task',
    tag: 'Tasks',
    fields: taskFields,
    answers: { 204: NOTHING },
    errors: [...OF_FUNCTION, 'AsyncTaskNotFound', 'AsyncTaskFinished'],
  },
  RedriveAsyncTask: {
    summary: 'Run a task again that ended without success',
    tag: 'Tasks',
    fields: taskFields,
    answers: { 202: { description: 'It is to run again.', headers: SUBMIT_HEADERS } },
    errors: [...OF_FUNCTION, 'AsyncTaskNotFound', 'RedriveNotAllowed'],
  },
  StartBulkJob: {
    summary: 'Stop or redrive all tasks that a filter finds, or count them first',
    tag: 'Bulk jobs',
    fields: bulkJobsFields,
    body: { schema: startBulkJobBody, isRequired: true },
    answers: {
      200: { description: 'Of a dry run: how many tasks there are.', body: answers.bulkJobPreview },
      202: { description: 'Accepted, or it was before. The job as it is.', body: answers.bulkJob },
    },
    errors: [...OF_FUNCTION, 'BulkJobAlreadyExists'],
  },
  GetBulkJob: {
    summary: 'Read a bulk job, and how far it is',
    tag: 'Bulk jobs',
    fields: bulkJobFields,
    answers: { 200: { description: 'The job.', body: answers.bulkJob } },
    errors: [...OF_FUNCTION, 'BulkJobNotFound'],
  },
  ListBulkJobs: {
    summary: 'List the bulk jobs of a function, the latest first',
    tag: 'Bulk jobs',
    fields: listBulkJobsFields,
    answers: { 200: { description: 'A page of jobs.', body: answers.bulkJobList } },
    errors: OF_FUNCTION,
  },
  StopBulkJob: {
    summary: 'Have a bulk job act on no further task',
    tag: 'Bulk jobs',
    fields: bulkJobFields,
    answers: { 204: NOTHING },
    errors: [...OF_FUNCTION, 'BulkJobNotFound', 'BulkJobFinished'],
  },
  GetAsyncMetrics: {
    summary: 'Read what was measured of a function, and how its alarms stand',
    tag: 'Metrics',
    fields: asyncMetricsFields,
    answers: { 200: { description: 'Its metrics and alarms.', body: answers.asyncMetrics } },
    errors: OF_FUNCTION,
  },
  PutAsyncInvokeConfig: {
    summary: 'Change the configuration of a function',
    tag: 'Configuration',
    fields: functionFields,
    body: { schema: putAsyncInvokeConfigBody, isRequired: true },
    answers: { 200: { description: 'The configuration that holds now.', body: answers.asyncConfig } },
    errors: [...OF_FUNCTION, 'ConcurrentUpdateError'],
  },
  GetAsyncInvokeConfig: {
    summary: 'Read the configuration of a function',
    tag: 'Configuration',
    fields: functionFields,
    answers: { 200: { description: 'The configuration.', body: answers.asyncConfig } },
    errors: [...OF_FUNCTION, 'AsyncConfigNotExists'],
  },
  DeleteAsyncInvokeConfig: {
    summary: 'Have the configuration hold that was deployed',
    tag: 'Configuration',
    fields: functionFields,
    answers: { 204: NOTHING },
    errors: [...OF_FUNCTION, 'AsyncConfigNotExists', 'ConcurrentUpdateError'],
  },
  ListAsyncInvokeConfigs: {
    summary: 'List the configurations that were put',
    tag: 'Configuration',
    fields: listConfigsFields,
    answers: { 200: { description: 'A page of configurations.', body: answers.asyncConfigList } },
    errors: ['InvalidArgument', 'FunctionNotFound'],
  },
  PutConcurrencyConfig: {
    summary: 'Set how many tasks of a function run at once',
    tag: 'Configuration',
    fields: functionFields,
    body: { schema: putConcurrencyBody, isRequired: true },
    answers: { 200: { description: 'What holds now.', body: answers.concurrencyConfig } },
    errors: ['InvalidArgument', 'FunctionNotFound', 'ConcurrentUpdateError'],
  },
  GetConcurrencyConfig: {
    summary: 'Read how many tasks of a function run at once',
    tag: 'Configuration',
    fields: functionFields,
    answers: {
      200: { description: 'What holds, and what is so now.', body: answers.currentConcurrencyConfig },
    },
    errors: ['InvalidArgument', 'FunctionNotFound'],
  },
  DeleteConcurrencyConfig: {
    summary: 'Have as many tasks run at once as was deployed',
    tag: 'Configuration',
    fields: functionFields,
    answers: { 204: NOTHING },
    errors: ['InvalidArgument', 'FunctionNotFound', 'ConcurrentUpdateError'],
  },
  ListConcurrencyConfigs: {
    summary: 'List how many tasks of each function run at once',
    tag: 'Configuration',
    fields: listConfigsFields,
    answers: { 200: { description: 'A page of configurations.', body: answers.concurrencyConfigList } },
    errors: ['InvalidArgument', 'FunctionNotFound'],
  },
  GetOpenApi: {
    summary: 'Read this description',
    tag: 'Description',
    fields: z.object({}),
    answers: { 200: { description: 'The description.', body: answers.openApi } },
    errors: ['InvalidArgument'],
  },
  ListWorkflows: {
    summary: 'List the workflows',
    tag: 'Workflows',
    fields: listWorkflowsFields,
    answers: { 200: { description: 'A page of workflows.', body: answers.workflowList } },
    errors: ['InvalidArgument'],
  },
  StartWorkflowExecution: {
    summary: 'Start an execution, once under its name',
    tag: 'Workflows',
    fields: workflowFields,
    body: { schema: startExecutionBody, isRequired: false },
    answers: {
      200: { description: 'It has ended already.', body: answers.startedExecution },
      202: { description: 'It runs.', body: answers.startedExecution },
    },
    errors: [
      'InvalidArgument',
      'EntityTooLarge',
      'WorkflowNotFound',
      'WorkflowTypeNotSupported',
      'ExecutionAlreadyExists',
    ],
  },
  ListWorkflowExecutions: {
    summary: 'List the executions of a workflow',
    tag: 'Workflows',
    fields: listExecutionsFields,
    answers: { 200: { description: 'A page of executions.', body: answers.executionList } },
    errors: ['InvalidArgument', 'WorkflowNotFound', 'WorkflowTypeNotSupported'],
  },
  GetWorkflowExecution: {
    summary: 'Read an execution',
    tag: 'Workflows',
    fields: executionFields,
    answers: { 200: { description: 'The execution.', body: answers.execution } },
    errors: OF_EXECUTION,
  },
  StopWorkflowExecution: {
    summary: 'Stop an execution, and its tasks with it',
    tag: 'Workflows',
    fields: executionFields,
    body: { schema: stopExecutionBody, isRequired: false },
    answers: { 204: NOTHING },
    errors: [...OF_EXECUTION, 'ExecutionFinished'],
  },
  GetWorkflowExecutionHistory: {
    summary: 'Read the steps of an execution, with their tasks',
    tag: 'Workflows',
    fields: executionHistoryFields,
    answers: { 200: { description: 'A page of steps.', body: answers.executionSteps } },
    errors: OF_EXECUTION,
  },
};
