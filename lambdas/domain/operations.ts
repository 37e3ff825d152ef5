/** The root of the contract's paths: FC API version 2023-03-30. */
export const API_VERSION = '2023-03-30';

const FUNCTION = `/${API_VERSION}/functions/{functionName}`;

const TASKS = `${FUNCTION}/async-tasks`;

const ASYNC_CONFIG = `${FUNCTION}/async-invoke-config`;

const CONCURRENCY = `${FUNCTION}/concurrency`;

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
}

/**
 * The contract's operations (FC contract section 2), and ours: routes, rights of access keys and the functions behind
 * them are derived from this one table.
 */
export const OPERATIONS = {
  InvokeFunction: { method: 'POST', path: `${FUNCTION}/invocations` },
  GetAsyncTask: { method: 'GET', path: `${TASKS}/{taskId}` },
  ListAsyncTasks: { method: 'GET', path: TASKS },
  StopAsyncTask: { method: 'PUT', path: `${TASKS}/{taskId}/stop` },
  /** Ours. */
  RedriveAsyncTask: { method: 'POST', path: `${TASKS}/{taskId}/redrive` },
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
} as const satisfies Readonly<Record<string, Route>>;

export type OperationName = keyof typeof OPERATIONS;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

/** What answers a path and method that is no operation. */
export const UNKNOWN_ROUTE = 'UnknownRoute';

export type RouteName = OperationName | typeof UNKNOWN_ROUTE;
