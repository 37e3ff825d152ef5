/** The typed client of Task Mode for AWS Lambda. */
export {
  allows,
  isTerminal,
  STATUS_GROUPS,
  type StatusGroup,
  statusesIn,
  statusesWith,
  statusGroupOf,
  TASK_STATUSES,
  type TaskEvent,
  type TaskStatus,
  type TerminalStatus,
} from '../lambdas/domain/lifecycle.ts';
export { type Acs3Options, acs3 } from './acs3.ts';
export type { BatchOutcome, BatchTask } from './batch-calls.ts';
export type { BulkJobCalls, StartBulkJobOptions, WaitForBulkJobOptions } from './bulk-job-calls.ts';
export type * from './bulk-job-types.ts';
export { type ClientErrorCode, isTaskModeError, TaskModeClientError } from './client-error.ts';
export type { ConcurrencyCalls } from './concurrency-calls.ts';
export type { ConfigCalls } from './config-calls.ts';
export { FunctionFailedError } from './function-failed-error.ts';
export {
  COUNTED_GROUPS,
  type CountedGroup,
  type GroupCount,
  groupCountOf,
  groupCountText,
} from './group-counts.ts';
export type { LogOptions } from './log-calls.ts';
export { type AwsCredentials, type SigV4Options, sigV4 } from './sig-v4.ts';
export { type Signer, type UnsignedRequest, unsigned } from './signer.ts';
export type { Invoked, InvokeOptions } from './sync-calls.ts';
export * from './task-mode-client.ts';
export type { CallOptions, TransportOptions } from './transport.ts';
export type { WaitOptions } from './wait-calls.ts';
export type * from './wire-types.ts';
export type { StartOptions, WorkflowCalls } from './workflow-calls.ts';
export type * from './workflow-types.ts';
