import { ObjectGoneError, type PayloadStore } from '../aws/payload-store.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { TaskModeError } from '../domain/errors.ts';
import { isTerminal } from '../domain/lifecycle.ts';
import { WAIT_POLL } from '../domain/limits.ts';
import {
  payloadOwner,
  resultOwner,
  type StoredText,
  type Task,
  type TaskKey,
  type TextOwner,
} from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';

export interface FindTaskDependencies extends FindFunctionDependencies {
  readonly store: TaskStore;
}

export interface GetDependencies extends FindTaskDependencies {
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
  const found = await findTask(deps, key);
  return { ...found, ...(await readTexts(deps.payloads, found.task)) };
}

/**
 * Finds a task and its function, without the texts.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`
 */
export async function findTask(
  deps: FindTaskDependencies,
  key: TaskKey,
): Promise<Pick<TaskView, 'task' | 'taskFunction'>> {
  const [taskFunction, task] = await Promise.all([
    knownFunction(deps, key.functionName),
    deps.store.get(key, deps.clock()),
  ]);
  if (!task) throw taskNotFound(key);
  return { task, taskFunction };
}

export interface WaitDependencies {
  /** Adapters whose calls have all their time from now on. */
  readonly fresh: () => GetDependencies;
  readonly clock: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/**
 * Reads a task when it has ended, or as it is after `waitMs`, whichever comes first. It looks at growing intervals: who
 * waits for a short task knows soon, and who waits for a long one does not cost much more.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`
 */
export async function waitForTask(
  { fresh, clock, pause }: WaitDependencies,
  key: TaskKey,
  waitMs: number,
): Promise<TaskView> {
  const endTime = clock() + waitMs;
  const { taskFunction, task: first } = await findTask(fresh(), key);
  let task = first;
  let pauseMs: number = WAIT_POLL.firstMs;
  while (!isTerminal(task.status) && clock() < endTime) {
    await pause(Math.min(pauseMs, endTime - clock()));
    pauseMs = Math.min(pauseMs * WAIT_POLL.growth, WAIT_POLL.maxMs);
    // A look that fails is made up for by the next.
    const look = fresh().store.get(key, clock());
    task = (await look.catch(() => undefined)) ?? task;
  }
  return { task, taskFunction, ...(await readTexts(fresh().payloads, task)) };
}

/** Reads a task's payload and result, wherever they are kept. */
export async function readTexts(
  payloads: PayloadStore,
  task: Task,
): Promise<Pick<TaskView, 'payloadText' | 'resultText'>> {
  const [payloadText, resultText] = await Promise.all([
    readText(payloads, task.payload, payloadOwner(task)),
    task.status === 'Succeeded' ? readText(payloads, task.result, resultOwner(task)) : undefined,
  ]);
  return { payloadText, resultText };
}

/** Reads a text that may be kept in S3; undefined when its lifecycle rule took it. */
export async function readText(
  payloads: PayloadStore,
  stored: StoredText,
  owner: TextOwner,
): Promise<string | undefined> {
  try {
    return await payloads.read(stored, owner);
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
