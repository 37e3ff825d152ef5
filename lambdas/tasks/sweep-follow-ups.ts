import { sweepTime } from '../domain/follow-up.ts';
import { FOLLOW_UP_REPEAT_MS, SWEEP_AHEAD_MS } from '../domain/limits.ts';
import { isKeptEnd, type SweptRow } from '../domain/swept-task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { isFollowed, sendThenNote } from './sweep-due.ts';
import type { Lane, Turns } from './sweep-lane.ts';
import { type SweepRun, turnsOf } from './sweep-run.ts';

/**
 * Sends the messages of a shard's pending follow-ups again: of ended tasks, and of kept ends of invocations. Each is sent
 * before its wake time moves: a sweep that dies in between only has it sent twice. All functions share the queue: if it does
 * not take a request, the lane ends for this run.
 */
export async function* sweepFollowUps(
  run: SweepRun,
  lane: Lane,
  { functionName }: TaskFunctionRecord,
  shard: number,
): Turns {
  const { index, rows, followUpQueueUrl, clock } = run.deps;
  const own = lane.of(functionName);
  const until = clock() + SWEEP_AHEAD_MS;
  for await (const page of index.due({ functionName, shard }, until)) {
    for (const entries of turnsOf(page)) {
      const followed = (await run.readRows(entries)).filter((row) => isFollowed(row, until));
      await sendThenNote(run, own, {
        queueUrl: followUpQueueUrl,
        messages: followed.map((row) => ({ task: { ...row, tenant: tenantOf(row) }, delaySeconds: 0 })),
        note: async (row, outcome) => {
          if (outcome === 'failed') return;
          const wakeTime = sweepTime(clock() + FOLLOW_UP_REPEAT_MS);
          const isNoted = row.isTask
            ? await rows.noteWakeTime(row, wakeTime)
            : await rows.noteEndWakeTime({ ...row, wakeTime: row.wakeTime ?? 0 }, wakeTime);
          if (outcome === 'sent' && isNoted) run.count('followUps');
        },
        onRefused: () => lane.end(),
      });
      yield;
    }
  }
}

/** By whom SQS shares the consumers fairly: a kept end does not say who invoked its function. */
function tenantOf(row: SweptRow): string {
  return row.isTask && !isKeptEnd(row) ? row.tenant : row.functionName;
}
