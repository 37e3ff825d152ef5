import type { TaskStatus } from '../lambdas/domain/lifecycle.ts';

/** The API's objects as they come over the wire (FC contract section 5); what is ours is marked. */

export interface AsyncTask {
  readonly taskId: string;
  readonly functionArn: string;
  readonly qualifier: string;
  readonly status: TaskStatus;
  readonly requestId: string;
  readonly instanceId?: string;
  /** When it was submitted, in epoch milliseconds. */
  readonly startedTime: number;
  /** 0 while unfinished. */
  readonly endTime: number;
  /** Run time of the last attempt. */
  readonly durationMs?: number;
  readonly alreadyRetriedTimes: number;
  readonly destinationStatus: 'Succeeded' | 'Stopped';
  readonly taskErrorMessage?: string;
  /** JSON text. */
  readonly taskPayload?: string;
  /** JSON text. */
  readonly returnPayload?: string;
  readonly events: readonly AsyncTaskEvent[];
  /** Ours: whether the destination of this end is told. */
  readonly destination?: TaskDelivery;
}

export interface AsyncTaskEvent {
  readonly eventId: number;
  readonly status: TaskStatus;
  readonly timestamp: number;
  /** JSON text. */
  readonly eventDetail?: string;
}

export interface TaskDelivery {
  readonly destination: string;
  readonly state: 'Pending' | 'Delivered' | 'Failed';
  readonly attempts: number;
  readonly lastError?: string;
}

export interface TaskPage {
  readonly tasks: readonly AsyncTask[];
  /** Absent on the last page. */
  readonly nextToken?: string;
}

export interface TaskFilter {
  readonly status?: TaskStatus;
  /** The beginning of the task id. */
  readonly prefix?: string;
  /** Bounds of the submit time in epoch milliseconds, inclusive. */
  readonly startedTimeBegin?: number;
  readonly startedTimeEnd?: number;
  /** @default desc */
  readonly sortOrderByTime?: 'asc' | 'desc';
  /** Tasks of one page, 1 to 100. @default 20 */
  readonly limit?: number;
  /** Whether tasks come with payload and result. @default false */
  readonly includePayload?: boolean;
}

export interface AsyncInvokeConfig {
  readonly functionArn: string;
  readonly asyncTask: boolean;
  readonly maxAsyncEventAgeInSeconds: number;
  readonly maxAsyncRetryAttempts: number;
  readonly destinationConfig?: DestinationConfig;
  readonly createdTime?: string;
  readonly lastModifiedTime?: string;
}

export interface DestinationConfig {
  readonly onSuccess?: { readonly destination: string };
  readonly onFailure?: { readonly destination: string };
}

/** What a Put changes: what it does not name stays, and an empty destination is nobody. */
export type AsyncInvokeConfigChange = Partial<
  Pick<
    AsyncInvokeConfig,
    'asyncTask' | 'maxAsyncEventAgeInSeconds' | 'maxAsyncRetryAttempts' | 'destinationConfig'
  >
>;

export interface ConcurrencyConfig {
  readonly functionArn: string;
  /** How many tasks of the function are to run at once. */
  readonly reservedConcurrency: number;
  /** Ours: how many the event source lets run now. */
  readonly currentConcurrency?: number;
}

export interface ConfigPage<T> {
  readonly configs: readonly T[];
  readonly nextToken?: string;
}
