import type { TaskQueue } from '../aws/task-queue.ts';
import { type FollowedTask, isFollowUpPending, sweepTime } from '../domain/follow-up.ts';
import { FOLLOW_UP_REPEAT_MS, QUEUE_DELAY_MAX_SECONDS, SWEEP_AHEAD_MS } from '../domain/limits.ts';
import { type Addressed, type Task, WAKE_SHARD_COUNT } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { invalidateTask, isWaiting } from './end-waiting.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Sends the wake-ups of tasks that were delayed for longer than a message can be, 14 minutes ahead and with exactly the
 * delay that remains, and hands tasks over whose destinations are not told yet. Each is sent before the wake time
 * changes: who dies in between only has it sent twice.
 */
export async function sweepDue(
  run: SweepRun,
  functions: ReadonlyMap<string, TaskFunctionRecord>,
): Promise<void> {
  const until = run.deps.clock() + SWEEP_AHEAD_MS;
  const shards = Array.from({ length: WAKE_SHARD_COUNT }, (_, shard) => shard);
  await run.each('wake times', shards, async (shard) => {
    await run.throughPages('wake times', run.deps.index.due(shard, until), (task) =>
      isFollowUpPending(task)
        ? handOverAgain(run, task)
        : wakeUp(run, functions.get(task.functionName), task),
    );
    return true;
  });
}

async function wakeUp(run: SweepRun, record: TaskFunctionRecord | undefined, task: Task): Promise<boolean> {
  const { deps } = run;
  // The index lags behind: this was seen to already, or the task has moved on.
  if (task.wakeTime === undefined || !isWaiting(task)) return false;
  const ending = run.ending(record?.shardCount ?? 1);
  if (!record || record.isDeleted) {
    return (await invalidateTask(ending, task, deps.clock())) && run.count('invalid');
  }
  await sendWhenDue(deps.queue, record.queueUrl, task, deps.clock());
  await ending.store.note(task, { wakeTime: undefined });
  return run.count('wokenUp');
}

async function handOverAgain(run: SweepRun, task: FollowedTask): Promise<boolean> {
  const { queue, followUpQueueUrl, storeFor, clock } = run.deps;
  const now = clock();
  // The index lags behind: another run was faster.
  if (task.wakeTime === undefined || task.wakeTime > sweepTime(now)) return false;
  await queue.send(followUpQueueUrl, task, 0);
  // A note moves no index entry that the function's shards spread.
  await storeFor(1).note(task, { wakeTime: sweepTime(now + FOLLOW_UP_REPEAT_MS) });
  return run.count('followUps');
}

/** Sends a wake-up that comes when its task may start, or as late as SQS can. */
export function sendWhenDue(
  queue: TaskQueue,
  queueUrl: string,
  task: Pick<Task, keyof Addressed | 'notBefore'>,
  now: number,
): Promise<void> {
  const seconds = Math.ceil((task.notBefore - now) / 1000);
  return queue.send(queueUrl, task, Math.min(Math.max(seconds, 0), QUEUE_DELAY_MAX_SECONDS));
}
