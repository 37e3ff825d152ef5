import type { ReceivedMessage } from '../aws/task-queue.ts';
import { DEAD_LETTER_RECEIVES_MAX } from '../domain/limits.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { expireTask, isOverdue, isWaiting } from './end-waiting.ts';
import { sendWhenDue } from './sweep-due.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Takes a function's messages back from its dead-letter queue. A message is only a wake-up: that it was received often
 * says that its function was throttled, not that its task failed. So a task that still waits gets a fresh one.
 */
export async function sweepDeadLetters(run: SweepRun, record: TaskFunctionRecord): Promise<void> {
  const { queue, rows } = run.deps;
  const { functionName, deadLetterQueueUrl } = record;
  const part = `dead letters of ${functionName}`;
  for (let receives = 0; receives < DEAD_LETTER_RECEIVES_MAX && run.hasTime; receives += 1) {
    const messages = await queue.receive(deadLetterQueueUrl);
    if (messages.length === 0) return;
    // A task may have several messages here; BatchGetItem refuses to read a row twice.
    const taskIds = new Set(
      messages.flatMap(({ key }) => (key?.functionName === functionName ? [key.taskId] : [])),
    );
    const tasks = await rows.readAll([...taskIds].map((taskId) => ({ functionName, taskId })));
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    await run.each(part, messages, (message) =>
      settle(run, record, message, byId.get(message.key?.taskId ?? '')),
    );
  }
}

async function settle(
  run: SweepRun,
  record: TaskFunctionRecord,
  { receiptHandle }: ReceivedMessage,
  task: Task | undefined,
): Promise<boolean> {
  const { deps } = run;
  const now = deps.clock();
  // What runs has its lease, and what has a wake time the sweep: neither needs a message.
  if (task && task.wakeTime === undefined && isWaiting(task)) {
    if (isOverdue(task, now)) {
      if (await expireTask(run.ending(record.shardCount), task, now)) run.count('expired');
    } else {
      await sendWhenDue(deps.queue, record.queueUrl, task, now);
    }
  }
  await deps.queue.delete(record.deadLetterQueueUrl, receiptHandle);
  return run.count('deadLetters');
}
