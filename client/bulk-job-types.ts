import type { BulkJobStatus, BulkRefusal } from '../lambdas/domain/bulk-job.ts';
import type { BulkAction, BulkFilter } from '../lambdas/domain/bulk-order.ts';
import type { TaskStatus } from '../lambdas/domain/lifecycle.ts';

export type { BulkAction, BulkFilter, BulkJobStatus, BulkRefusal };

/** What is to be done to which tasks of a function. */
export interface BulkJobOrder {
  readonly action: BulkAction;
  /** `{}` are all that the action can be taken on. */
  readonly filter: BulkFilter;
  /** Ends the job at so many tasks, 1 to 100,000. @default 10000 */
  readonly maxTasks?: number;
  /** Why, for whoever reads of it later: 256 characters at most. */
  readonly reason?: string;
}

/** What a job would act on. */
export interface BulkJobPreview {
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly matched: number;
  readonly countsByStatus: Readonly<Partial<Record<TaskStatus, number>>>;
  /** Where this is false there may be more. */
  readonly isComplete: boolean;
}

export interface BulkJob extends BulkJobOrder {
  readonly bulkJobId: string;
  readonly functionName: string;
  readonly maxTasks: number;
  readonly status: BulkJobStatus;
  /** How many tasks it has found and seen to so far: `done`, `unchanged` and `refused` together. */
  readonly matched: number;
  readonly done: number;
  /** They were no longer what the filter looks for when it was their turn. */
  readonly unchanged: number;
  readonly refused: number;
  readonly refusedByCode: Readonly<Record<string, number>>;
  /** Why the first few were refused. */
  readonly errors: readonly BulkRefusal[];
  /** There are more tasks than `maxTasks`. */
  readonly isMaxTasksReached?: true;
  /** Why it has failed. */
  readonly error?: string;
  readonly createdTime: number;
  readonly startTime?: number;
  readonly endTime?: number;
  /** Who had it begun, and who had it stopped. */
  readonly caller?: string;
  readonly stoppedBy?: string;
}
