import { ObjectGoneError, type PayloadStore } from '../aws/payload-store.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { StoredText, Task, TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';

export interface GetDependencies extends FindFunctionDependencies {
  readonly store: TaskStore;
  readonly payloads: PayloadStore;
}

/** A task with its texts, wherever they are kept. */
export interface TaskView {
  readonly task: Task;
  readonly taskFunction: TaskFunctionRecord;
  readonly payloadText?: string | undefined;
  readonly resultText?: string | undefined;
}

/**
 * Reads one task as it is now: a read after a submit sees it.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`
 */
export async function getTask(deps: GetDependencies, key: TaskKey): Promise<TaskView> {
  const [taskFunction, task] = await Promise.all([
    knownFunction(deps, key.functionName),
    deps.store.get(key, deps.clock()),
  ]);
  if (!task) throw taskNotFound(key);
  return { task, taskFunction, ...(await readTexts(deps.payloads, task)) };
}

/** Reads a task's payload and result, wherever they are kept. */
export async function readTexts(
  payloads: PayloadStore,
  task: Task,
): Promise<Pick<TaskView, 'payloadText' | 'resultText'>> {
  const [payloadText, resultText] = await Promise.all([
    readText(payloads, task.payload),
    task.status === 'Succeeded' ? readText(payloads, task.result) : undefined,
  ]);
  return { payloadText, resultText };
}

/** Reads a text that may be kept in S3; undefined when its lifecycle rule took it. */
export async function readText(payloads: PayloadStore, stored: StoredText): Promise<string | undefined> {
  try {
    return await payloads.read(stored);
  } catch (error) {
    if (error instanceof ObjectGoneError) return undefined;
    throw error;
  }
}

export function taskNotFound({ functionName, taskId }: TaskKey): TaskModeError {
  return new TaskModeError(
    'AsyncTaskNotFound',
    `task "${taskId}" of function "${functionName}" does not exist`,
  );
}
