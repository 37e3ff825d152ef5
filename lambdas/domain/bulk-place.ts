import { type BulkOrder, statesOf, statusesOf } from './bulk-order.ts';
import type { IndexState } from './lifecycle.ts';
import { BULK_PASSES_MAX } from './limits.ts';

/** How far the index was looked at: everything before this was. */
export interface BulkPlace {
  /** From 1. */
  readonly pass: number;
  /** Whether this pass has found any task. */
  readonly hasFound: boolean;
  readonly state: IndexState;
  readonly shard: number;
  /** The sort key that was reached in this shard. */
  readonly after?: string;
  /** This pass is over. */
  readonly isOver?: true;
}

/** Where a pass begins. */
export function firstPlace(order: Pick<BulkOrder, 'action' | 'filter'>, pass: number): BulkPlace {
  const [state = 'waiting'] = statesOf(statusesOf(order));
  return { pass, hasFound: false, state, shard: 0 };
}

/** The place behind a shard that was looked at to its end. */
export function nextPlace(
  order: Pick<BulkOrder, 'action' | 'filter'>,
  { after: _, ...place }: BulkPlace,
  shardCount: number,
): BulkPlace {
  if (place.shard + 1 < shardCount) return { ...place, shard: place.shard + 1 };
  const states = statesOf(statusesOf(order));
  const state = states[states.indexOf(place.state) + 1];
  return state === undefined ? { ...place, isOver: true } : { ...place, state, shard: 0 };
}

/**
 * Tells whether another pass is to follow one that is over. What is to be redriven has ended and stays where it is, so that
 * one will do; what is to be stopped moves from state to state while it is looked for, and is looked for until a pass that is
 * not the first finds none.
 */
export function isAnotherPassDue(
  { action }: Pick<BulkOrder, 'action'>,
  { pass, hasFound }: BulkPlace,
): boolean {
  return action === 'Stop' && pass < BULK_PASSES_MAX && (pass === 1 || hasFound);
}
