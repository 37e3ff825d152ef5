import { stateKey } from '../aws/sweep-index.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import { type SweepRun, shardsOf } from './sweep-run.ts';

const MINUTE_MS = 60_000;

/** The states of tasks that have ended: no other part of the sweep reads their partitions. */
const ENDED = ['failed', 'stopped'] as const;

/**
 * Removes what workers of other functions have put among the ended tasks of a function, where it would hide the function's own
 * from counts. One shard a minute, since nothing depends on it.
 */
export async function* sweepStrays(run: SweepRun, own: FunctionLane, record: TaskFunctionRecord): Turns {
  const { functionName } = record;
  const shards = shardsOf(record);
  const shard = shards[Math.floor(run.deps.clock() / MINUTE_MS) % shards.length] ?? 0;
  const place = { functionName, shard };
  for (const state of ENDED) {
    for await (const { strays } of run.deps.index.strays(place, state)) {
      await run.removeStrays(own, stateKey(place, state), strays);
      yield;
    }
  }
}
