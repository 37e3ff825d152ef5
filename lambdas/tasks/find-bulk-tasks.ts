import type { IndexEntry, TaskIndex } from '../aws/task-index.ts';
import { type BulkJob, isActedOn, isMeant } from '../domain/bulk-job.ts';
import { boundsOf, statusesOf } from '../domain/bulk-order.ts';
import { type BulkPlace, nextPlace } from '../domain/bulk-place.ts';
import { BULK_BATCH_TASKS, BULK_SCANNED_ENTRIES } from '../domain/limits.ts';
import { isReadable, type Task } from '../domain/task.ts';

export interface BulkTaskFinderOptions {
  readonly index: Pick<TaskIndex, 'queryState' | 'readAll'>;
  readonly clock: () => number;
}

/** What was found at a place, and the place behind it. */
export interface FoundBulkTasks {
  readonly tasks: readonly Task[];
  readonly place: BulkPlace;
}

interface Page {
  readonly entries: readonly IndexEntry[];
  /** The sort key up to which its shard was looked at; undefined when this was to its end. */
  readonly scannedTo: string | undefined;
}

/**
 * Goes through the tasks that a job is to act on, shard by shard, and by the sort keys that never change. The index lags
 * behind: the rows decide. What it has read of a shard and not handed out it keeps, for the place that it named last.
 */
export class BulkTaskFinder {
  readonly #options: BulkTaskFinderOptions;
  #ahead: { readonly key: string; readonly page: Page } | undefined;

  constructor(options: BulkTaskFinderOptions) {
    this.#options = options;
  }

  /** Looks once from a place on: it finds at most a batch, and perhaps none. */
  async find(job: BulkJob, place: BulkPlace, shardCount: number): Promise<FoundBulkTasks> {
    const page = this.#ahead?.key === keyOf(place) ? this.#ahead.page : await this.#look(job, place);
    const entries = page.entries.slice(0, BULK_BATCH_TASKS);
    const rest = page.entries.slice(BULK_BATCH_TASKS);
    const tasks = await this.#read(job, entries);
    const after = rest.length > 0 ? entries.at(-1)?.sortKey : page.scannedTo;
    const reached = { ...place, hasFound: place.hasFound || tasks.length > 0 };
    const next = after === undefined ? nextPlace(job, reached, shardCount) : { ...reached, after };
    this.#ahead = rest.length > 0 ? { key: keyOf(next), page: { ...page, entries: rest } } : undefined;
    return { tasks, place: next };
  }

  async #look(job: BulkJob, { state, shard, after }: BulkPlace): Promise<Page> {
    const { low, high } = boundsOf(job.filter, job.createdTime);
    const { entries, scannedTo } = await this.#options.index.queryState({
      functionName: job.functionName,
      state,
      shard,
      statuses: statusesOf(job),
      idPrefix: job.filter.prefix,
      low: after ?? low,
      high,
      maxScanned: BULK_SCANNED_ENTRIES,
    });
    // The key that was reached is read again.
    return { entries: entries.filter(({ sortKey }) => sortKey !== after), scannedTo };
  }

  async #read(job: BulkJob, entries: readonly IndexEntry[]): Promise<Task[]> {
    if (entries.length === 0) return [];
    const { functionName } = job;
    const rows = await this.#options.index.readAll(entries.map(({ taskId }) => ({ functionName, taskId })));
    const now = this.#options.clock();
    return rows.filter((task) => isReadable(task, now) && isMeant(job, task) && !isActedOn(job, task));
  }
}

function keyOf({ pass, state, shard, after }: BulkPlace): string {
  return [pass, state, shard, after].join(' ');
}
