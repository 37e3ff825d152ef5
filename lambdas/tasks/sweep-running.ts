import { DEAD_AFTER_LEASE_MS } from '../domain/limits.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { isTaskIn } from '../domain/task-group.ts';
import { type EndLog, endDeadRun, type LeaveDependencies } from './end-run.ts';
import type { SweepRun } from './sweep-run.ts';

/** What happened is in the task's own history, and the sweep tells how many there were. */
const NO_LOG: EndLog = {
  attemptFailed: () => undefined,
  stopped: () => undefined,
  superseded: () => undefined,
  handedBack: () => undefined,
};

/** Ends the runs of a function whose lease is over: their attempts have failed, and their stops are done. */
export async function sweepRunning(run: SweepRun, record: TaskFunctionRecord, shard: number): Promise<void> {
  const { deps } = run;
  const before = deps.clock() - DEAD_AFTER_LEASE_MS;
  const ending: LeaveDependencies = {
    ...run.ending(record.shardCount),
    queueUrl: record.queueUrl,
    clock: deps.clock,
    random: deps.random,
    pause: async () => undefined,
    log: NO_LOG,
  };
  const pages = deps.index.deadRuns({ functionName: record.functionName, shard }, before);
  await run.throughPages(`running tasks of ${record.functionName}`, pages, async (task) => {
    if (!isTaskIn(task, 'running') || task.leaseUntil >= before) return false;
    await endDeadRun(ending, task, sweepWakeUp(task, deps.clock()));
    return run.count('deadRuns');
  });
}

/** There is no message to hide, and no time to repeat a write that AWS does not take: the next run does. */
function sweepWakeUp(key: Task, now: number) {
  return { key, invocationEndTime: now };
}
