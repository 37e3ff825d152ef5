import type { Configured, RuntimeConfig } from './async-invoke-config.ts';
import type { RuntimeConcurrency, Scaled } from './concurrency.ts';

/** What operators set on a function at run time. */
export interface RuntimeSettings {
  readonly runtimeConfig?: RuntimeConfig | undefined;
  readonly runtimeConcurrency?: RuntimeConcurrency | undefined;
}

/** A function that takes tasks, as the registry table knows it. */
export interface TaskFunctionRecord extends Configured, Scaled {
  readonly functionName: string;
  readonly functionArn: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly eventSourceId: string;
  /** Of the worker's log. */
  readonly logGroupName: string;
  /** How many shards new index entries are spread over. */
  readonly shardCount: number;
  /** The most shards there ever were: readers look at all of these. */
  readonly maxShardCount: number;
  /** Removed from the stack: takes no further task, and its old ones can still be read. */
  readonly isDeleted: boolean;
  /** When the sweep first saw that it is removed. */
  readonly deletedTime?: number;
}
