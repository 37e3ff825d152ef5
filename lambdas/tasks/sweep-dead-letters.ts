import type { Message } from '../aws/message.ts';
import type { ReceivedMessage } from '../aws/task-queue.ts';
import { type Invocation, isInvocationOverdue } from '../domain/invocation.ts';
import { DEAD_LETTER_RECEIVES_MAX } from '../domain/limits.ts';
import { isOverdueRow, isWaitingRow, type SweptTask } from '../domain/swept-task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { keepEnd } from './keep-end.ts';
import { delayOf, expire } from './sweep-due.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Takes a function's messages back from its dead-letter queue. That one was received often says that its function was
 * throttled, not that what it is about has failed. So a task that still waits gets a fresh one, and so does an
 * invocation that has no record. User code may send to the queue: what is none of ours is dropped, and logged once a run.
 */
export async function* sweepDeadLetters(run: SweepRun, own: FunctionLane, record: TaskFunctionRecord): Turns {
  const { queue, log } = run.deps;
  const { functionName, deadLetterQueueUrl } = record;
  const dropped: Record<string, number> = {};
  try {
    for (let receives = 0; receives < DEAD_LETTER_RECEIVES_MAX; receives += 1) {
      const messages = await queue.receive(deadLetterQueueUrl);
      if (messages.length === 0) return;
      const tasks = await readTasks(run, messages, functionName);
      await own.each(messages, async ({ message, receiptHandle }) => {
        const fault = faultOf(message, functionName);
        if (fault !== undefined) dropped[fault] = (dropped[fault] ?? 0) + 1;
        else if (message) await handle(run, record, message, tasks);
        await queue.delete(deadLetterQueueUrl, receiptHandle);
        run.count('deadLetters');
      });
      yield;
    }
  } finally {
    if (Object.keys(dropped).length > 0) log.droppedMessages(deadLetterQueueUrl, dropped);
  }
}

/** Says why a message is none of this function's; undefined if it is. */
function faultOf(message: ReceivedMessage['message'], functionName: string): string | undefined {
  if (message?.kind === 'wakeUp')
    return message.key.functionName === functionName ? undefined : 'a task of another function';
  if (message?.kind === 'invocation')
    return message.invocation.functionName === functionName ? undefined : 'an invocation of another function';
  return 'neither the key of a task nor an invocation';
}

async function readTasks(
  run: SweepRun,
  messages: readonly ReceivedMessage[],
  functionName: string,
): Promise<ReadonlyMap<string, SweptTask>> {
  // A task may have several messages here; BatchGetItem refuses to read a row twice.
  const taskIds = new Set(
    messages.flatMap(({ message }) =>
      message?.kind === 'wakeUp' && message.key.functionName === functionName ? message.key.taskId : [],
    ),
  );
  const rows = await run.readRows(
    [...taskIds].map((taskId) => ({ key: { functionName, taskId }, place: '' })),
  );
  return new Map(rows.flatMap((row) => (row.isTask ? [[row.taskId, row]] : [])));
}

async function handle(
  run: SweepRun,
  record: TaskFunctionRecord,
  message: Message,
  tasks: ReadonlyMap<string, SweptTask>,
): Promise<void> {
  if (message.kind === 'invocation') return sendAgain(run, record, message.invocation);
  const task = message.kind === 'wakeUp' ? tasks.get(message.key.taskId) : undefined;
  if (task) await wakeAgain(run, record, task);
}

async function wakeAgain(run: SweepRun, record: TaskFunctionRecord, task: SweptTask): Promise<void> {
  const now = run.deps.clock();
  // What runs has its lease, and what has a wake time the sweep: neither needs a message.
  if (task.wakeTime !== undefined || !isWaitingRow(task)) return;
  if (isOverdueRow(task, now)) await expire(run, record, task);
  else await run.deps.queue.send(record.queueUrl, task, delayOf(task, now));
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
