import { setTimeout as after } from 'node:timers/promises';
import { isTaskModeError, type TaskModeClient, type TaskModeClientError } from '../client/index.ts';
import type { BatchTask } from './batch-lines.ts';
import type { BatchLog, BatchRecord } from './batch-log.ts';
import type { BatchProgress } from './batch-progress.ts';
import { exactJson } from './json-text.ts';

export interface BatchOptions {
  readonly functionName: string;
  readonly client: Pick<TaskModeClient, 'submitBatch' | 'wait'>;
  readonly log: BatchLog;
  readonly progress: BatchProgress;
  /** How many requests are on their way at once, and how many tasks one of them has. */
  readonly requestsAtOnce: number;
  readonly tasksPerRequest: number;
  readonly waits: boolean;
  /** Once aborted, no other request is begun; those begun are finished. */
  readonly signal: AbortSignal;
}

type WellFormed = Exclude<BatchTask, { readonly problem: string }>;

/** Submits all tasks of a batch, many at once; throws when what stands in the way is no single line's fault. */
export async function submitBatch(tasks: AsyncIterator<BatchTask>, options: BatchOptions): Promise<void> {
  const { signal, tasksPerRequest } = options;
  let failure: unknown;
  // An async generator queues concurrent calls of next(): each chunk goes to one worker.
  const chunks = chunksOf(tasks, tasksPerRequest);
  const work = async () => {
    while (!signal.aborted && failure === undefined) {
      const next = await chunks.next();
      if (next.done) return;
      try {
        await submitChunk(next.value, options);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: options.requestsAtOnce }, work));
  if (failure !== undefined) throw failure;
}

/** A request of API Gateway has 10 MB; one of Lambda 6 MB. Most lines are short. */
const CHUNK_MAX_BYTES = 1024 * 1024;

/** Lines may come as slowly as somebody types them. */
const PATIENCE_MS = 100;

/** Takes tasks together as they come; of two with the same id the second goes into another chunk. */
async function* chunksOf(
  tasks: AsyncIterator<BatchTask>,
  tasksMax: number,
): AsyncGenerator<readonly BatchTask[], void, undefined> {
  let next = tasks.next();
  for (;;) {
    const first = await next;
    if (first.done) return;
    const chunk = [first.value];
    const ids = new Set([idOf(first.value)]);
    let bytes = sizeOf(first.value);
    next = tasks.next();
    const patience = after(PATIENCE_MS, undefined, { ref: false });
    while (chunk.length < tasksMax && bytes < CHUNK_MAX_BYTES) {
      const another = await Promise.race([next, patience]);
      if (another === undefined || another.done || ids.has(idOf(another.value))) break;
      chunk.push(another.value);
      ids.add(idOf(another.value));
      bytes += sizeOf(another.value);
      next = tasks.next();
    }
    yield chunk;
  }
}

/** A line that is no task is like no other. */
function idOf(task: BatchTask): string | number {
  return 'problem' in task ? task.line : task.taskId;
}

function sizeOf(task: BatchTask): number {
  return 'problem' in task ? 0 : JSON.stringify(task.payload ?? null).length;
}

async function submitChunk(chunk: readonly BatchTask[], options: BatchOptions): Promise<void> {
  const { log, progress } = options;
  const tasks: WellFormed[] = [];
  for (const task of chunk) {
    if ('problem' in task) {
      const { line, problem } = task;
      await note({ line, outcome: 'refused', code: 'InvalidArgument', message: problem }, options);
    } else if (log.has(task.taskId)) progress.counts.skipped += 1;
    else tasks.push(task);
  }
  if (tasks.length === 0) return;
  const sent = tasks.map(({ line: _, ...task }) => task);
  const outcomes = await options.client.submitBatch(options.functionName, sent);
  let failure: unknown;
  const noted = outcomes.map(async (outcome, index) => {
    const { line = 0, taskId = '' } = tasks[index] ?? {};
    if (!outcome.isAccepted && isFault(outcome.error)) {
      failure ??= outcome.error;
      return;
    }
    await note(
      await recordOf({ line, taskId }, outcome.isAccepted ? undefined : outcome.error, options),
      options,
    );
  });
  await Promise.all(noted);
  if (failure !== undefined) throw failure;
}

async function note(record: BatchRecord, { log, progress }: BatchOptions): Promise<void> {
  await log.add(record);
  progress.counts[record.outcome] += 1;
  if (record.status !== undefined && record.status !== 'Succeeded') progress.unsuccessful += 1;
}

/** Whether a task was refused for what stands in the way of all of them. */
function isFault(error: TaskModeClientError): boolean {
  return !isTaskModeError(error, 'InvalidArgument', 'EntityTooLarge', 'AsyncTaskAlreadyExists');
}

async function recordOf(
  task: { readonly line: number; readonly taskId: string },
  error: TaskModeClientError | undefined,
  options: BatchOptions,
): Promise<BatchRecord> {
  // The task is there, with this payload: it was submitted by the same batch before.
  const isKnown = error?.code === 'AsyncTaskAlreadyExists' && error.details.isSamePayload === true;
  if (error !== undefined && !isKnown) {
    return { ...task, outcome: 'refused', code: error.code, message: error.message };
  }
  const record = { ...task, outcome: isKnown ? 'known' : 'submitted' } as const;
  return options.waits ? ended(record, options) : record;
}

async function ended(
  record: BatchRecord & { readonly taskId: string },
  { client, functionName, signal }: BatchOptions,
): Promise<BatchRecord> {
  try {
    const { status, returnPayload, taskErrorMessage } = await client.wait(functionName, record.taskId, {
      signal,
    });
    return {
      ...record,
      status,
      ...(returnPayload !== undefined && { result: exactJson(returnPayload) }),
      ...(taskErrorMessage !== undefined && { message: taskErrorMessage }),
    };
  } catch (error) {
    // It was submitted, and that is what the output says: the wait is taken up when the batch is repeated.
    if (signal.aborted) return record;
    throw error;
  }
}
