import { randomUUID } from 'node:crypto';
import type { EndStore } from '../aws/end-store.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { TaskModeError } from '../domain/errors.ts';
import { destinationOf, type FollowedTask, isAnswerPending, isFollowUpPending } from '../domain/follow-up.ts';
import { INITIAL_STATUS, isTerminal, statusesWith } from '../domain/lifecycle.ts';
import { REDRIVES_MAX } from '../domain/limits.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import {
  expiresAtOf,
  payloadOwner,
  type StoredText,
  startDeadlineOf,
  type Task,
  type TaskKey,
} from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { Waiter } from '../domain/waiter.ts';
import { type FindFunctionDependencies, functionTakingTasks } from './find-function.ts';
import { readText, taskNotFound } from './get-task.ts';
import { keepTaskEnd } from './keep-end.ts';
import { sendToFunction } from './send-to-function.ts';

export interface RedriveDependencies extends FindFunctionDependencies {
  readonly storeFor: (shardCount: number) => TaskStore;
  readonly payloads: PayloadStore;
  readonly queue: TaskQueue;
  readonly ends: EndStore;
  readonly followUpQueueUrl: string;
}

/**
 * Runs a task that did not succeed once more, under the same id, payload and configuration, in a new series of
 * attempts, for which a workflow may wait. Its history stays, and so does what its destination is still to be told of the series
 * before. When the wake-up cannot be sent, the task is Enqueued all the same, and the sweep sends it.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`, `RedriveNotAllowed`, `ServiceUnavailable`
 */
export async function redriveTask(deps: RedriveDependencies, key: TaskKey, waiter?: Waiter): Promise<void> {
  const record = await functionTakingTasks(deps, key.functionName);
  const task = await deps.storeFor(record.shardCount).get(key, deps.clock());
  if (!task) throw taskNotFound(key);
  await redriveFrom(deps, record, task, { waiter, now: deps.clock() });
}

export interface RedriveOptions {
  readonly now: number;
  readonly waiter?: Waiter | undefined;
  /** What the task's event says of this redrive, as JSON text. */
  readonly eventDetail?: string;
}

/**
 * Runs a task once more as it was read, and not if anything has happened to it since.
 * @throws TaskModeError as `redriveTask`
 */
export async function redriveFrom(
  deps: RedriveDependencies,
  record: TaskFunctionRecord,
  task: Task,
  { now, waiter, eventDetail }: RedriveOptions,
): Promise<void> {
  const { storeFor, payloads, queue } = deps;
  checkRedrivable(task);
  const submissionId = randomUUID();
  const payload = await payloadCopy(payloads, task, submissionId);
  const fields = newSeries(task, { submissionId, payload, waiter, now });
  // Before the move, which takes the mark from the row.
  if (isEndPending(task)) await keepTaskEnd(deps, task, now);
  const change = { now, eventDetail, fields };
  const outcome = await storeFor(record.shardCount).move(task, 'redrive', INITIAL_STATUS, change);
  if (!outcome.isWritten && outcome.current?.submissionId !== submissionId) {
    await payloads.discard(payload);
    if (!outcome.current) throw taskNotFound(task);
    checkRedrivable(outcome.current);
    throw new TaskModeError('ServiceUnavailable', `task "${task.taskId}" keeps changing. Please retry.`);
  }
  await sendToFunction(deps, record, (queueUrl) => queue.send(queueUrl, task, 0));
}

function checkRedrivable(task: Task): void {
  const { taskId, status, series } = task;
  const redrivable = statusesWith('redrive');
  if (!redrivable.includes(status)) {
    const why = isTerminal(status) ? 'has' : 'has not ended: it has';
    throw notAllowed(taskId, `${why} status ${status}, and must have one of ${redrivable.join(', ')}`);
  }
  if (isFollowUpPending(task) && isAnswerPending(task))
    throw notAllowed(taskId, 'can be run again once the workflow that waits for it is answered');
  if (series > REDRIVES_MAX)
    throw notAllowed(taskId, `was redriven ${REDRIVES_MAX} times, as often as it can be`);
}

/** Whether a destination is still to be told of the end. Nobody but the destination and the workflow is told of one. */
function isEndPending(task: Task): task is FollowedTask {
  return isFollowUpPending(task) && destinationOf(task.config, task.status) !== undefined;
}

function notAllowed(taskId: string, why: string): TaskModeError {
  return new TaskModeError('RedriveNotAllowed', `task "${taskId}" ${why}`);
}

interface Series {
  readonly submissionId: string;
  readonly payload: StoredText;
  readonly waiter: Waiter | undefined;
  readonly now: number;
}

/** Every field of a series begins anew; the ones of the series before that do not apply are removed. */
function newSeries(task: Task, { submissionId, payload, waiter, now }: Series) {
  return {
    series: task.series + 1,
    submissionId,
    payload,
    waiter,
    dueTime: now,
    notBefore: now,
    startDeadline: startDeadlineOf(now, task.config, waiter),
    attempt: 0,
    expiresAt: expiresAtOf(now, task.config),
    endTime: undefined,
    durationMs: undefined,
    error: undefined,
    followUp: undefined,
    followUpAttempts: undefined,
    followUpError: undefined,
    nextDeliveryTime: undefined,
    isWaiterAnswered: undefined,
    runId: undefined,
    startTime: undefined,
    instanceId: undefined,
    resentTime: undefined,
  };
}

/** The object of the first submit may be old, and its lifecycle rule takes it while the new series runs: a copy is young. */
async function payloadCopy(payloads: PayloadStore, task: Task, submissionId: string): Promise<StoredText> {
  if ('text' in task.payload) return task.payload;
  const text = await readText(payloads, task.payload, payloadOwner(task));
  if (text === undefined) throw notAllowed(task.taskId, 'can no longer be run: its payload is gone');
  const objectKey = `${OBJECT_PREFIXES.payload}${task.functionName}/${task.taskId}/${submissionId}`;
  await payloads.put(objectKey, text);
  return { ...task.payload, objectKey };
}
