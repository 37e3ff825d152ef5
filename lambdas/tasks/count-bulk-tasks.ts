import type { TaskIndex } from '../aws/task-index.ts';
import { type BulkOrder, boundsOf, statesOf, statusesOf } from '../domain/bulk-order.ts';
import type { TaskStatus } from '../domain/lifecycle.ts';
import { BULK_COUNT_SCANNED_ENTRIES, BULK_COUNTS_AT_ONCE, LIST_WORK_MS } from '../domain/limits.ts';
import type { FindFunctionDependencies } from './find-function.ts';
import { mapAtOnce } from './map-at-once.ts';
import { findTarget } from './start-bulk-job.ts';

export interface CountBulkTasksDependencies extends FindFunctionDependencies {
  readonly index: Pick<TaskIndex, 'queryState'>;
}

export interface CountBulkTasksRequest extends Pick<BulkOrder, 'action' | 'filter'> {
  readonly functionName: string;
}

export interface BulkTaskCounts {
  readonly matched: number;
  /** Of every status that is looked for. */
  readonly counts: ReadonlyMap<TaskStatus, number>;
  /** Where there was no time to look at all, there may be more. */
  readonly isComplete: boolean;
}

/**
 * Counts the tasks that a bulk job would act on, as an index has them, for as long as a list request may work. It looks
 * at the first shards however little time is left.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function countBulkTasks(
  deps: CountBulkTasksDependencies,
  { functionName, ...order }: CountBulkTasksRequest,
): Promise<BulkTaskCounts> {
  const { index, clock } = deps;
  const now = clock();
  const workUntil = now + LIST_WORK_MS;
  const { maxShardCount } = await findTarget(deps, { functionName, action: order.action });
  const statuses = statusesOf(order);
  const counts = new Map(statuses.map((status) => [status, 0]));
  const shards = Array.from({ length: maxShardCount }, (_, shard) => shard);
  const parts = statesOf(statuses).flatMap((state) => shards.map((shard) => ({ state, shard })));
  const { low, high } = boundsOf(order.filter, now);
  const areWhole = await mapAtOnce(parts, BULK_COUNTS_AT_ONCE, async (part, position) => {
    let after: string | undefined = low;
    let isSure = position < BULK_COUNTS_AT_ONCE;
    while (after !== undefined && (isSure || clock() < workUntil)) {
      isSure = false;
      const page = await index.queryState({
        ...part,
        functionName,
        statuses,
        idPrefix: order.filter.prefix,
        low: after,
        high,
        maxScanned: BULK_COUNT_SCANNED_ENTRIES,
      });
      // The key that was reached is read again, and was counted.
      const fresh = page.entries.filter(({ sortKey }) => sortKey !== after);
      for (const { status } of fresh) counts.set(status, (counts.get(status) ?? 0) + 1);
      after = page.scannedTo;
    }
    return after === undefined;
  });
  const matched = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { matched, counts, isComplete: areWhole.every((isWhole) => isWhole) };
}
