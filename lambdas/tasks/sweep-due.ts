import type { WakeUpMessage } from '../aws/task-queue.ts';
import { sweepTime } from '../domain/follow-up.ts';
import { QUEUE_BATCH_MAX, QUEUE_DELAY_MAX_SECONDS, SWEEP_AHEAD_MS, WAKE_RETRY_MS } from '../domain/limits.ts';
import {
  isKeptEnd,
  isOverdueRow,
  isWaitingRow,
  type SweptRow,
  type SweptTask,
} from '../domain/swept-task.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { expireTask, invalidateTask, isOverdue, isWaiting } from './end-waiting.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import { inParts, isReadable, type SweepRun, turnsOf } from './sweep-run.ts';

/**
 * Sends the wake-ups of a shard's tasks that were delayed for longer than a message can be, 14 minutes ahead and with exactly
 * the delay that remains. Each is sent before its wake time is removed: a sweep that dies in between only has it sent twice.
 * A task whose wake-up could not be sent is looked at again 10 minutes later, and expires here if it is overdue.
 * @param onFollowUp - called where there are ended tasks or kept ends, whose follow-ups are another lane's work
 */
export async function* sweepDue(
  run: SweepRun,
  own: FunctionLane,
  record: TaskFunctionRecord,
  { shard, onFollowUp }: { readonly shard: number; readonly onFollowUp: () => void },
): Turns {
  const { index, clock } = run.deps;
  const until = clock() + SWEEP_AHEAD_MS;
  for await (const page of index.due({ functionName: record.functionName, shard }, until)) {
    for (const entries of turnsOf(page)) {
      const rows = await run.readRows(entries);
      if (rows.some((row) => isFollowed(row, until))) onFollowUp();
      const tasks = rows.filter((row) => !isKeptEnd(row)).filter((row) => isReadable(own, row));
      await handle(
        run,
        own,
        record,
        tasks.filter((task) => isDue(task, until)),
      );
      yield;
    }
  }
}

/** Tells whether a row has a follow-up to be sent again: an ended task, or the kept end of an invocation. */
export function isFollowed(row: SweptRow, until: number): boolean {
  // The index lags behind: another run was faster.
  if (row.wakeTime === undefined || row.wakeTime > until) return false;
  return isKeptEnd(row) || (row.isTask && row.followUp === 'pending');
}

function isDue(task: SweptTask, until: number): boolean {
  return task.wakeTime !== undefined && task.wakeTime <= until && isWaitingRow(task);
}

async function handle(
  run: SweepRun,
  own: FunctionLane,
  record: TaskFunctionRecord,
  tasks: readonly SweptTask[],
): Promise<void> {
  const now = run.deps.clock();
  if (record.isDeleted) return own.each(tasks, (task) => invalidate(run, record, task));
  for (const { notBefore } of tasks) if (notBefore < now) run.noteAge(record.functionName, now - notBefore);
  await own.each(
    tasks.filter((task) => isOverdueRow(task, now)),
    (task) => expire(run, record, task),
  );
  const due = tasks.filter((task) => !isOverdueRow(task, now));
  await sendThenNote(run, own, {
    queueUrl: record.queueUrl,
    messages: due.map((task) => ({ task, delaySeconds: delayOf(task, now) })),
    note: async (task, outcome) => {
      const isSent = outcome === 'sent';
      const wakeTime = isSent ? undefined : sweepTime(now + WAKE_RETRY_MS);
      const isNoted = await run.deps.rows.noteWakeTime(task, wakeTime);
      if (isSent && isNoted) run.count('wokenUp');
    },
    onRefused: () => own.leave(),
  });
}

/** Invalidates a task of a removed function, if it still waits. */
export function invalidate(run: SweepRun, { shardCount }: TaskFunctionRecord, row: SweptTask): Promise<void> {
  return run.withTask(row, async (task) => {
    const isEnded = isWaiting(task) && (await invalidateTask(run.ending(shardCount), task, run.deps.clock()));
    if (isEnded) run.count('invalid');
  });
}

/** Ends a task that was not started in time, if that is still so. */
export function expire(run: SweepRun, { shardCount }: TaskFunctionRecord, row: SweptTask): Promise<void> {
  return run.withTask(row, async (task) => {
    const now = run.deps.clock();
    const isEnded =
      isWaiting(task) && isOverdue(task, now) && (await expireTask(run.ending(shardCount), task, now));
    if (isEnded) run.count('expired');
  });
}

export interface SweptMessage<T extends WakeUpMessage['task'] = SweptTask> extends WakeUpMessage {
  readonly task: T;
}

/** SQS took the message, refused it and took others of its request, or did not take the request. */
export type SendOutcome = 'sent' | 'refused' | 'failed';

export interface SendThenNote<T extends WakeUpMessage['task']> {
  readonly queueUrl: string;
  readonly messages: readonly SweptMessage<T>[];
  readonly note: (task: T, outcome: SendOutcome) => Promise<void>;
  /** Called when a request failed as a whole; no further one is made. */
  readonly onRefused: () => void;
}

/** Sends messages, ten in a request, and then notes what came of each task's. */
export async function sendThenNote<T extends WakeUpMessage['task']>(
  run: SweepRun,
  own: FunctionLane,
  { queueUrl, messages, note, onRefused }: SendThenNote<T>,
): Promise<void> {
  const tried: { readonly task: T; readonly outcome: SendOutcome }[] = [];
  let isRefused = false;
  await own.each(inParts(messages, QUEUE_BATCH_MAX), async (part) => {
    if (isRefused) return;
    try {
      const refused = new Set<WakeUpMessage>(await run.deps.queue.sendSome(queueUrl, part));
      for (const message of part)
        tried.push({ task: message.task, outcome: refused.has(message) ? 'refused' : 'sent' });
      if (refused.size > 0) own.fail(new Error(`SQS refused ${refused.size} of ${part.length} messages`));
    } catch (error) {
      isRefused = true;
      own.report(error);
      for (const { task } of part) tried.push({ task, outcome: 'failed' });
    }
  });
  await own.finish(tried, ({ task, outcome }) => note(task, outcome));
  if (isRefused) onRefused();
}

/** After how many seconds a wake-up comes that is sent now: when its task may start, or as late as SQS can. */
export function delayOf({ notBefore }: Pick<Task, 'notBefore'>, now: number): number {
  const seconds = Math.ceil((notBefore - now) / 1000);
  return Math.min(Math.max(seconds, 0), QUEUE_DELAY_MAX_SECONDS);
}
