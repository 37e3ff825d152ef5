/** The root of the contract's paths: FC API version 2023-03-30. */
export const API_VERSION = '2023-03-30';

const FUNCTION = `/${API_VERSION}/functions/{functionName}`;

const TASKS = `${FUNCTION}/async-tasks`;

const BULK_JOBS = `${FUNCTION}/bulk-jobs`;

const ASYNC_CONFIG = `${FUNCTION}/async-invoke-config`;

const CONCURRENCY = `${FUNCTION}/concurrency`;

const WORKFLOWS = `/${API_VERSION}/workflows`;

const EXECUTIONS = `${WORKFLOWS}/{workflowName}/executions`;

const EXECUTION = `${EXECUTIONS}/{executionName}`;

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
}

/** The contract's operations (FC contract section 2), and ours. */
const TASK_OPERATIONS = {
  /** The contract's, with the counts of our own. */
  ListFunctions: { method: 'GET', path: `/${API_VERSION}/functions` },
  InvokeFunction: { method: 'POST', path: `${FUNCTION}/invocations` },
  GetAsyncTask: { method: 'GET', path: `${TASKS}/{taskId}` },
  ListAsyncTasks: { method: 'GET', path: TASKS },
  /** Ours. */
  SubmitAsyncTasks: { method: 'POST', path: TASKS },
  StopAsyncTask: { method: 'PUT', path: `${TASKS}/{taskId}/stop` },
  /** Ours. */
  RedriveAsyncTask: { method: 'POST', path: `${TASKS}/{taskId}/redrive` },
  /** Ours. */
  ExplainAsyncTask: { method: 'GET', path: `${TASKS}/{taskId}/explain` },
  /** Ours: what is done to all tasks that a filter finds. */
  StartBulkJob: { method: 'POST', path: BULK_JOBS },
  GetBulkJob: { method: 'GET', path: `${BULK_JOBS}/{bulkJobId}` },
  ListBulkJobs: { method: 'GET', path: BULK_JOBS },
  StopBulkJob: { method: 'PUT', path: `${BULK_JOBS}/{bulkJobId}/stop` },
  /** Ours. */
  GetAsyncTaskLogs: { method: 'GET', path: `${TASKS}/{taskId}/logs` },
  /** Ours. */
  GetAsyncMetrics: { method: 'GET', path: `${FUNCTION}/async-metrics` },
  PutAsyncInvokeConfig: { method: 'PUT', path: ASYNC_CONFIG },
  GetAsyncInvokeConfig: { method: 'GET', path: ASYNC_CONFIG },
  DeleteAsyncInvokeConfig: { method: 'DELETE', path: ASYNC_CONFIG },
  ListAsyncInvokeConfigs: { method: 'GET', path: `/${API_VERSION}/async-invoke-configs` },
  PutConcurrencyConfig: { method: 'PUT', path: CONCURRENCY },
  GetConcurrencyConfig: { method: 'GET', path: CONCURRENCY },
  DeleteConcurrencyConfig: { method: 'DELETE', path: CONCURRENCY },
  ListConcurrencyConfigs: { method: 'GET', path: `/${API_VERSION}/concurrency-configs` },
  /** Ours: the description of all of them. */
  GetOpenApi: { method: 'GET', path: '/openapi.json' },
} as const satisfies Readonly<Record<string, Route>>;

/** Ours, deployed with the first workflow. */
const WORKFLOW_OPERATIONS = {
  ListWorkflows: { method: 'GET', path: WORKFLOWS },
  StartWorkflowExecution: { method: 'POST', path: EXECUTIONS },
  ListWorkflowExecutions: { method: 'GET', path: EXECUTIONS },
  GetWorkflowExecution: { method: 'GET', path: EXECUTION },
  StopWorkflowExecution: { method: 'PUT', path: `${EXECUTION}/stop` },
  GetWorkflowExecutionHistory: { method: 'GET', path: `${EXECUTION}/history` },
} as const satisfies Readonly<Record<string, Route>>;

/** Routes, rights of access keys and the functions behind them are derived from this one table. */
export const OPERATIONS = { ...TASK_OPERATIONS, ...WORKFLOW_OPERATIONS };

export type TaskOperationName = keyof typeof TASK_OPERATIONS;

export type WorkflowOperationName = keyof typeof WORKFLOW_OPERATIONS;

export type OperationName = TaskOperationName | WorkflowOperationName;

export const TASK_OPERATION_NAMES = Object.keys(TASK_OPERATIONS) as readonly TaskOperationName[];

export const WORKFLOW_OPERATION_NAMES = Object.keys(WORKFLOW_OPERATIONS) as readonly WorkflowOperationName[];

export const OPERATION_NAMES: readonly OperationName[] = [
  ...TASK_OPERATION_NAMES,
  ...WORKFLOW_OPERATION_NAMES,
];

/** What answers a path and method that is no operation. */
export const UNKNOWN_ROUTE = 'UnknownRoute';

export type RouteName = OperationName | typeof UNKNOWN_ROUTE;

/** The lists over functions, which take a function as their filter. */
const FILTERED_BY_FUNCTION: readonly RouteName[] = ['ListAsyncInvokeConfigs', 'ListConcurrencyConfigs'];

interface RouteParameters {
  readonly path: Readonly<Record<string, string | undefined>> | undefined;
  readonly query: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Tells which one function a request is about; undefined when it concerns all of them, as a workflow does. A name that
 * the operation does not read names nothing.
 */
export function functionOf(routeName: RouteName, { path, query }: RouteParameters): string | undefined {
  return path?.functionName ?? (FILTERED_BY_FUNCTION.includes(routeName) ? query?.functionName : undefined);
}

/** Tells whether any key will do: how the API is called, and that a path is no operation, its callers may learn. */
export function isForAnyKey(routeName: RouteName): boolean {
  return routeName === UNKNOWN_ROUTE || routeName === 'GetOpenApi';
}
