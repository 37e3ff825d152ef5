import { isTaskModeError, type TaskModeClient } from '../client/index.ts';
import type { BatchTask } from './batch-lines.ts';
import type { BatchLog, BatchRecord } from './batch-log.ts';
import type { BatchProgress } from './batch-progress.ts';
import { exactJson } from './json-text.ts';

export interface BatchOptions {
  readonly functionName: string;
  readonly client: TaskModeClient;
  readonly log: BatchLog;
  readonly progress: BatchProgress;
  /** How many tasks are worked on at once. */
  readonly atOnce: number;
  readonly waits: boolean;
  /** Once aborted, no other line is begun; those begun are finished. */
  readonly signal: AbortSignal;
}

/** Submits all tasks of a batch, several at once; throws when what stands in the way is no single line's fault. */
export async function submitBatch(tasks: AsyncIterator<BatchTask>, options: BatchOptions): Promise<void> {
  const { signal } = options;
  let failure: unknown;
  // An async generator queues concurrent calls of next(): each task goes to one worker.
  const work = async () => {
    while (!signal.aborted && failure === undefined) {
      const next = await tasks.next();
      if (next.done) return;
      try {
        await submitOne(next.value, options);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  if (failure !== undefined) throw failure;
}

async function submitOne(task: BatchTask, options: BatchOptions): Promise<void> {
  const { log, progress } = options;
  if (!('problem' in task) && log.has(task.taskId)) {
    progress.counts.skipped += 1;
    return;
  }
  const record = 'problem' in task ? malformed(task) : await recordOf(task, options);
  await log.add(record);
  progress.counts[record.outcome] += 1;
  if (record.status !== undefined && record.status !== 'Succeeded') progress.unsuccessful += 1;
}

function malformed({ line, problem }: { readonly line: number; readonly problem: string }): BatchRecord {
  return { line, outcome: 'refused', code: 'InvalidArgument', message: problem };
}

async function recordOf(
  task: Exclude<BatchTask, { readonly problem: string }>,
  options: BatchOptions,
): Promise<BatchRecord> {
  const { line, taskId, payload, delaySeconds } = task;
  const { client, functionName } = options;
  const submitted = { line, taskId, outcome: 'submitted' } as const;
  try {
    await client.submit(functionName, payload, {
      taskId,
      ...(delaySeconds !== undefined && { delaySeconds }),
    });
    return options.waits ? await ended(submitted, options) : submitted;
  } catch (error) {
    if (isKnown(error)) {
      const known = { line, taskId, outcome: 'known' } as const;
      return options.waits ? ended(known, options) : known;
    }
    if (!isTaskModeError(error, 'InvalidArgument', 'EntityTooLarge', 'AsyncTaskAlreadyExists')) throw error;
    return { line, taskId, outcome: 'refused', code: error.code, message: error.message };
  }
}

/** The task is there, with this payload: it was submitted by the same batch before. */
function isKnown(error: unknown): boolean {
  return isTaskModeError(error, 'AsyncTaskAlreadyExists') && error.details.isSamePayload === true;
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
