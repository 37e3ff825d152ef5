import type { Message } from '../aws/message.ts';
import type { ReceivedMessage } from '../aws/task-queue.ts';
import { type Invocation, isInvocationOverdue } from '../domain/invocation.ts';
import { DEAD_LETTER_RECEIVES_MAX } from '../domain/limits.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { expireTask, isOverdue, isWaiting } from './end-waiting.ts';
import { keepEnd } from './keep-end.ts';
import { sendWhenDue } from './sweep-due.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Takes a function's messages back from its dead-letter queue. That one was received often says that its function was
 * throttled, not that what it is about has failed. So a task that still waits gets a fresh one, and so does an
 * invocation that has no record.
 */
export async function sweepDeadLetters(run: SweepRun, record: TaskFunctionRecord): Promise<void> {
  const { queue, rows } = run.deps;
  const { functionName, deadLetterQueueUrl } = record;
  const part = `dead letters of ${functionName}`;
  for (let receives = 0; receives < DEAD_LETTER_RECEIVES_MAX && run.hasTime; receives += 1) {
    const messages = await queue.receive(deadLetterQueueUrl);
    if (messages.length === 0) return;
    // A task may have several messages here; BatchGetItem refuses to read a row twice.
    const taskIds = new Set(messages.flatMap((message) => taskIdOf(message, functionName) ?? []));
    const tasks = await rows.readAll([...taskIds].map((taskId) => ({ functionName, taskId })));
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    await run.each(part, messages, async (received) => {
      const { message, receiptHandle } = received;
      const task = byId.get(taskIdOf(received, functionName) ?? '');
      if (task) await wakeAgain(run, record, task);
      else if (isInvocationOf(message, functionName)) await sendAgain(run, record, message.invocation);
      await queue.delete(deadLetterQueueUrl, receiptHandle);
      return run.count('deadLetters');
    });
  }
}

function taskIdOf({ message }: ReceivedMessage, functionName: string): string | undefined {
  return message?.kind === 'wakeUp' && message.key.functionName === functionName
    ? message.key.taskId
    : undefined;
}

function isInvocationOf(
  message: ReceivedMessage['message'],
  functionName: string,
): message is Extract<Message, { kind: 'invocation' }> {
  return message?.kind === 'invocation' && message.invocation.functionName === functionName;
}

async function wakeAgain(run: SweepRun, record: TaskFunctionRecord, task: Task): Promise<void> {
  const { deps } = run;
  const now = deps.clock();
  // What runs has its lease, and what has a wake time the sweep: neither needs a message.
  if (task.wakeTime !== undefined || !isWaiting(task)) return;
  if (isOverdue(task, now)) {
    if (await expireTask(run.ending(record.shardCount), task, now)) run.count('expired');
  } else {
    await sendWhenDue(deps.queue, record.queueUrl, task, now);
  }
}

async function sendAgain(
  run: SweepRun,
  { queueUrl }: TaskFunctionRecord,
  invocation: Invocation,
): Promise<void> {
  const { deps } = run;
  const now = deps.clock();
  if (isInvocationOverdue(invocation, now)) {
    await keepEnd(deps, invocation, { status: 'Expired', attempt: 0, now });
    deps.countMetrics(invocation.functionName, { ExpiredCount: 1 });
    run.count('expired');
  } else {
    await deps.queue.sendInvocation(queueUrl, invocation, 0);
  }
}
