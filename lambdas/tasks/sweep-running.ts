import { stateKey } from '../aws/sweep-index.ts';
import { isInGroup } from '../domain/lifecycle.ts';
import { DEAD_AFTER_LEASE_MS } from '../domain/limits.ts';
import type { SweptRow } from '../domain/swept-task.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { isTaskIn } from '../domain/task-group.ts';
import { type EndLog, endDeadRun, type LeaveDependencies } from './end-run.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import { isReadable, type SweepRun, throughShard } from './sweep-run.ts';

/** The task's own history says what happened, and the sweep counts how many there were. */
const NO_LOG: EndLog = {
  attemptFailed: () => undefined,
  stopped: () => undefined,
  superseded: () => undefined,
  handedBack: () => undefined,
};

/**
 * Ends the runs of a shard whose lease is over: their attempts have failed, and their stops are done. Reads the row of every
 * run that has outlived its first lease, since heartbeats write no index.
 */
export async function* sweepRunning(
  run: SweepRun,
  own: FunctionLane,
  record: TaskFunctionRecord,
  shard: number,
): Turns {
  const { deps } = run;
  const { functionName } = record;
  const before = deps.clock() - DEAD_AFTER_LEASE_MS;
  const place = { functionName, shard };
  const ending = endingOf(run, record);
  const turns = throughShard(deps.lookedTo, `${functionName}#running#${shard}`, (after) =>
    run.ownPages(own, stateKey(place, 'running'), deps.index.pastFirstLease(place, { before, after })),
  );
  for await (const entries of turns) {
    const dead = (await run.readRows(entries)).filter(
      (row) => isReadable(own, row) && isLeaseOver(row, before),
    );
    await own.each(dead, (row) =>
      run.withTask(row, async (task) => {
        if (!isTaskIn(task, 'running') || task.leaseUntil >= before) return;
        await endDeadRun(ending, task, sweepWakeUp(task, deps.clock()));
        run.count('deadRuns');
      }),
    );
    yield;
  }
}

function isLeaseOver(row: SweptRow, before: number): boolean {
  return row.isTask && isInGroup(row.status, 'running') && (row.leaseUntil ?? 0) < before;
}

function endingOf(run: SweepRun, { shardCount, queueUrl }: TaskFunctionRecord): LeaveDependencies {
  const { clock, random } = run.deps;
  const pause = async () => undefined;
  return { ...run.ending(shardCount), queueUrl, clock, random, pause, stopEnd: 'died', log: NO_LOG };
}

/** There is no message, and no time to repeat a write that AWS does not take: the next run does. */
function sweepWakeUp(
  { functionName, taskId }: Task,
  now: number,
): { key: TaskKey; invocationEndTime: number } {
  return { key: { functionName, taskId }, invocationEndTime: now };
}
