import { INDEX_STATE_NAMES, type IndexState, statusesIn } from '../lambdas/domain/lifecycle.ts';
import type { FunctionSummary } from './wire-types.ts';

/** The groups of statuses that ListFunctions counts: all but `succeeded`, in the lifecycle's order. */
export const COUNTED_GROUPS: readonly CountedGroup[] = INDEX_STATE_NAMES;

export type CountedGroup = IndexState;

export interface GroupCount {
  readonly count: number;
  /** True if there may be more: ListFunctions counts a bounded number of tasks. */
  readonly isAtLeast: boolean;
}

/** Returns how many tasks of a function are in a group of statuses. */
export function groupCountOf(
  { counts, countsAtLeast }: Pick<FunctionSummary, 'counts' | 'countsAtLeast'>,
  group: CountedGroup,
): GroupCount {
  const statuses = statusesIn(group);
  return {
    count: statuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0),
    isAtLeast: statuses.some((status) => countsAtLeast.includes(status)),
  };
}

/** Returns a group's count as text: "12", or "12+" if there may be more. */
export function groupCountText(
  summary: Pick<FunctionSummary, 'counts' | 'countsAtLeast'>,
  group: CountedGroup,
): string {
  const { count, isAtLeast } = groupCountOf(summary, group);
  return isAtLeast ? `${count}+` : String(count);
}
