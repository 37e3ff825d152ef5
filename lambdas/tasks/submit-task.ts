import { createHash, randomUUID } from 'node:crypto';
import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { TaskQueue, WakeUpMessage } from '../aws/task-queue.ts';
import type { WriteOutcome } from '../aws/task-rows.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { configOf, taskConfigOf } from '../domain/async-invoke-config.ts';
import { type ExistingTask, existingTask, type OnDuplicate, type PayloadText } from '../domain/duplicate.ts';
import { TaskModeError } from '../domain/errors.ts';
import { INITIAL_STATUS } from '../domain/lifecycle.ts';
import { INLINE_PAYLOAD_MAX_BYTES, QUEUE_DELAY_MAX_SECONDS, RESEND_AFTER_MS } from '../domain/limits.ts';
import { checkedPayload } from '../domain/payload.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import {
  expiresAtOf,
  type StoredText,
  startDeadlineOf,
  type Task,
  type TaskIn,
  type TaskKey,
} from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { byteLength } from '../domain/text.ts';
import type { Trace } from '../domain/trace.ts';
import type { Waiter } from '../domain/waiter.ts';
import { functionTakingTasks } from './find-function.ts';
import { sendToFunction } from './send-to-function.ts';

export interface SubmitRequest {
  readonly functionName: string;
  /** Absent: one is generated. */
  readonly taskId?: string | undefined;
  readonly requestId: string;
  readonly caller?: string | undefined;
  readonly tenant: string;
  readonly trace?: Trace | undefined;
  readonly delaySeconds: number;
  /** JSON text. */
  readonly payload: string;
  /** The state of a workflow that waits for the task from its submit on. */
  readonly waiter?: Waiter | undefined;
  /** @default refuse */
  readonly onDuplicate?: OnDuplicate | undefined;
}

/** What a submit came to: a task, which is new unless it says that it was there. */
export interface Submission extends TaskKey {
  readonly existing?: ExistingTask;
}

export interface SubmitDependencies {
  readonly registry: FunctionRegistry;
  readonly storeFor: (shardCount: number) => TaskStore;
  readonly payloads: PayloadStore;
  readonly queue: TaskQueue;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

/** How often a submit tries to write its row while what was in its way is gone before it can be read. */
const MAX_TRIES = 3;

/**
 * Accepts a task: writes its row under a condition (the id must be free), then sends its wake-up, or leaves that to the
 * sweep when it is due later than a message can be delayed. When the send fails, the row stays: the error is ambiguous
 * to the caller, and repeating the submit with the same id is safe.
 * @throws TaskModeError `FunctionNotFound`, `InvalidArgument`, `EntityTooLarge`, `AsyncTaskAlreadyExists`,
 * `ServiceUnavailable`.
 */
export async function submitTask(deps: SubmitDependencies, request: SubmitRequest): Promise<Submission> {
  const target = await functionTakingTasks(deps, request.functionName);
  const { key, wakeUp, duplicate } = await recordTask(deps, target, request);
  if (wakeUp) {
    await sendToFunction(deps, target, (queueUrl) =>
      deps.queue.send(queueUrl, wakeUp.task, wakeUp.delaySeconds),
    );
  }
  if (!duplicate) return key;
  if (request.onDuplicate === 'return') return { ...key, existing: duplicate };
  throw alreadyExists(key, duplicate);
}

/** What the write of a submit came to, and the message that is to be sent now. */
export interface Recorded {
  readonly key: TaskKey;
  /** Absent where the sweep sends it, or the first task's own submit has. */
  readonly wakeUp?: WakeUpMessage;
  /** The task that has the id already. */
  readonly duplicate?: ExistingTask;
}

/**
 * Writes the row of a task under a condition, the id must be free; of one that is taken, tells which task has it.
 * @throws TaskModeError `InvalidArgument`, `EntityTooLarge`, `ServiceUnavailable`.
 */
export async function recordTask(
  deps: SubmitDependencies,
  target: TaskFunctionRecord,
  request: SubmitRequest,
): Promise<Recorded> {
  const text = checkedPayload(request.payload);
  const key = { functionName: request.functionName, taskId: request.taskId ?? `t-${randomUUID()}` };
  const submissionId = randomUUID();
  const payload = { text, digest: digestOf(text) };
  const stored = await placed(deps.payloads, payload, key, submissionId);
  const { task, outcome } = await createTask(deps, { request, key, submissionId, payload: stored, target });
  if (outcome.isWritten) {
    const { delaySeconds } = request;
    return task.wakeTime === undefined ? { key, wakeUp: { task, delaySeconds } } : { key };
  }
  await deps.payloads.discard(stored);
  const { current } = outcome;
  if (!current) {
    throw new TaskModeError('ServiceUnavailable', `task "${key.taskId}" keeps changing. Please retry.`);
  }
  const duplicate = existingTask(current, payload);
  return isUnsent(current, deps.clock())
    ? { key, duplicate, wakeUp: { task: current, delaySeconds: 0 } }
    : { key, duplicate };
}

/** The submit of a task that is due and still waits may have died before it sent the message. */
function isUnsent({ status, notBefore, submitTime }: Task, now: number): boolean {
  return status === 'Enqueued' && Math.max(notBefore, submitTime) + RESEND_AFTER_MS < now;
}

/** What a submit is refused with whose id is taken. */
export function alreadyExists(
  { functionName, taskId }: TaskKey,
  { status, isSamePayload }: ExistingTask,
): TaskModeError {
  return new TaskModeError(
    'AsyncTaskAlreadyExists',
    `task "${taskId}" of function "${functionName}" already exists, with status ${status}`,
    { details: { taskId, status, isSamePayload } },
  );
}

/** 132 of SHA-256's bits: no two payloads that anybody comes across have the same. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

async function placed(
  payloads: PayloadStore,
  { text, digest }: PayloadText,
  { functionName, taskId }: TaskKey,
  submissionId: string,
): Promise<StoredText> {
  if (byteLength(text) <= INLINE_PAYLOAD_MAX_BYTES) return { text };
  const objectKey = `${OBJECT_PREFIXES.payload}${functionName}/${taskId}/${submissionId}`;
  await payloads.put(objectKey, text);
  return { objectKey, digest };
}

/**
 * Creates the task. A row that refused the write and is gone when it is read is no longer in the way: the write is made
 * again, with a submit time of its own, so that none is older than CREATE_DEADLINE_MS when it is written.
 */
async function createTask(
  { storeFor, clock }: SubmitDependencies,
  draft: Omit<NewTask, 'now'>,
): Promise<{ readonly task: Task; readonly outcome: WriteOutcome }> {
  const store = storeFor(draft.target.shardCount);
  for (let tries = 1; ; tries += 1) {
    const task = newTask({ ...draft, now: clock() });
    const outcome = await store.create(task, task.submitTime);
    if (outcome.isWritten || outcome.current || tries === MAX_TRIES) return { task, outcome };
  }
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
    version: 1,
    series: 1,
    submissionId,
    submitTime: now,
    dueTime,
    notBefore: dueTime,
    ...(request.delaySeconds > QUEUE_DELAY_MAX_SECONDS && { wakeTime: dueTime }),
    startDeadline: startDeadlineOf(dueTime, config, request.waiter),
    attempt: 0,
    events: [{ status: INITIAL_STATUS, timestamp: now }],
    payload,
    requestId: request.requestId,
    ...(request.caller !== undefined && { caller: request.caller }),
    tenant: request.tenant,
    ...(request.trace && { trace: request.trace }),
    config,
    ...(request.waiter && { waiter: request.waiter }),
    expiresAt: expiresAtOf(dueTime, config),
  };
}
