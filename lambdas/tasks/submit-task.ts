import { randomUUID } from 'node:crypto';
import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import { QueueGoneError, type TaskQueue } from '../aws/task-queue.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { configOf, taskConfigOf } from '../domain/async-invoke-config.ts';
import { TaskModeError } from '../domain/errors.ts';
import { INITIAL_STATUS } from '../domain/lifecycle.ts';
import { INLINE_PAYLOAD_MAX_BYTES, QUEUE_DELAY_MAX_SECONDS, RESEND_AFTER_MS } from '../domain/limits.ts';
import { checkedPayload } from '../domain/payload.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import { expiresAtOf, type StoredText, type Task, type TaskIn, type TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { byteLength } from '../domain/text.ts';
import { functionTakingTasks } from './find-function.ts';

export interface SubmitRequest {
  readonly functionName: string;
  /** Absent: one is generated. */
  readonly taskId?: string | undefined;
  readonly requestId: string;
  readonly caller?: string | undefined;
  readonly delaySeconds: number;
  /** JSON text. */
  readonly payload: string;
}

export interface SubmitDependencies {
  readonly registry: FunctionRegistry;
  readonly storeFor: (shardCount: number) => TaskStore;
  readonly payloads: PayloadStore;
  readonly queue: TaskQueue;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Accepts a task: writes its row under a condition (the id must be free), then sends its wake-up, or leaves that to the
 * sweep when it is due later than a message can be delayed. When the send fails, the row stays: the error is ambiguous
 * to the caller, and repeating the submit with the same id is safe.
 * @throws TaskModeError `FunctionNotFound`, `InvalidArgument`, `EntityTooLarge`, `AsyncTaskAlreadyExists`,
 * `ServiceUnavailable`.
 */
export async function submitTask(deps: SubmitDependencies, request: SubmitRequest): Promise<TaskKey> {
  const payload = checkedPayload(request.payload);
  const target = await functionTakingTasks(deps, request.functionName);
  const key = { functionName: request.functionName, taskId: request.taskId ?? `t-${randomUUID()}` };
  const submissionId = randomUUID();
  const stored = await placed(deps.payloads, payload, key, submissionId);
  const task = newTask({ request, key, submissionId, payload: stored, target, now: deps.clock() });
  const outcome = await deps.storeFor(target.shardCount).create(task, task.submitTime);
  if (!outcome.isWritten) {
    await deps.payloads.discard(stored);
    await refuseDuplicate(deps, target, key, outcome.current);
  }
  if (task.wakeTime === undefined) await sendWakeUp(deps, target, key, request.delaySeconds);
  return key;
}

async function placed(
  payloads: PayloadStore,
  text: string,
  { functionName, taskId }: TaskKey,
  submissionId: string,
): Promise<StoredText> {
  if (byteLength(text) <= INLINE_PAYLOAD_MAX_BYTES) return { text };
  const objectKey = `${OBJECT_PREFIXES.payload}${functionName}/${taskId}/${submissionId}`;
  await payloads.put(objectKey, text);
  return { objectKey };
}

interface NewTask {
  readonly request: SubmitRequest;
  readonly key: TaskKey;
  readonly submissionId: string;
  readonly payload: StoredText;
  readonly target: TaskFunctionRecord;
  readonly now: number;
}

function newTask({ request, key, submissionId, payload, target, now }: NewTask): TaskIn<'Enqueued'> {
  const dueTime = now + request.delaySeconds * 1000;
  const config = taskConfigOf(configOf(target));
  return {
    ...key,
    status: INITIAL_STATUS,
    series: 1,
    submissionId,
    submitTime: now,
    dueTime,
    notBefore: dueTime,
    ...(request.delaySeconds > QUEUE_DELAY_MAX_SECONDS && { wakeTime: dueTime }),
    startDeadline: dueTime + config.maxAsyncEventAgeInSeconds * 1000,
    attempt: 0,
    events: [{ status: INITIAL_STATUS, timestamp: now }],
    payload,
    requestId: request.requestId,
    ...(request.caller !== undefined && { caller: request.caller }),
    config,
    expiresAt: expiresAtOf(dueTime, config),
  };
}

/** Sends the first task's wake-up again when its own submit may have died before it did, then refuses this one. */
async function refuseDuplicate(
  deps: SubmitDependencies,
  target: TaskFunctionRecord,
  key: TaskKey,
  first: Task | undefined,
): Promise<never> {
  const now = deps.clock();
  if (first?.status === 'Enqueued' && Math.max(first.notBefore, first.submitTime) + RESEND_AFTER_MS < now) {
    await sendWakeUp(deps, target, key, 0);
  }
  throw new TaskModeError(
    'AsyncTaskAlreadyExists',
    `task "${key.taskId}" of function "${key.functionName}" already exists${first ? `, with status ${first.status}` : ''}`,
  );
}

async function sendWakeUp(
  deps: SubmitDependencies,
  target: TaskFunctionRecord,
  key: TaskKey,
  delaySeconds: number,
): Promise<void> {
  try {
    await deps.queue.send(target.queueUrl, key, delaySeconds);
  } catch (error) {
    if (!(error instanceof QueueGoneError)) throw error;
    // The function was deployed anew on another queue within the last seconds.
    deps.registry.forget(target.functionName);
    const current = await functionTakingTasks(deps, target.functionName);
    await deps.queue.send(current.queueUrl, key, delaySeconds).catch(() => {
      throw new TaskModeError(
        'ServiceUnavailable',
        `the queue of function "${key.functionName}" is being replaced. Repeating the request with the same task id is safe.`,
        { cause: error },
      );
    });
  }
}
