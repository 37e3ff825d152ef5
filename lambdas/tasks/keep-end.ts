import { createHash } from 'node:crypto';
import type { EndStore } from '../aws/end-store.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import { destinationOf, type FollowedTask, sweepTime } from '../domain/follow-up.ts';
import type { Invocation, InvocationEnd } from '../domain/invocation.ts';
import { type EndKey, endObjectPrefix, redrivenEndId } from '../domain/kept-end.ts';
import {
  FOLLOW_UP_SWEEP_AFTER_MS,
  KEPT_END_TEXT_MAX_BYTES,
  QUEUE_DELAY_MAX_SECONDS,
} from '../domain/limits.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import type { StoredText } from '../domain/task.ts';
import { byteLength } from '../domain/text.ts';

export interface KeepTaskEndDependencies {
  readonly ends: EndStore;
  readonly queue: TaskQueue;
  readonly followUpQueueUrl: string;
}

export interface KeepEndDependencies extends KeepTaskEndDependencies {
  readonly payloads: PayloadStore;
}

/**
 * Keeps the end of an invocation without a record and enqueues its follow-up, if it has a destination. Doing it twice changes
 * nothing.
 * @throws TaskModeError if AWS does not take the row, a text, or the message. Then the invocation's own message must not go.
 */
export async function keepEnd(
  deps: KeepEndDependencies,
  invocation: Invocation,
  end: InvocationEnd,
): Promise<void> {
  const { functionName, invocationId, config, requestId, trace } = invocation;
  if (destinationOf(config, end.status) === undefined) return;
  const key = { functionName, endId: invocationId };
  const { status, attempt, now } = end;
  const ended = {
    status,
    attempt,
    endTime: now,
    requestId,
    config: { destinations: config.destinations },
    payload: await storeText(deps, key, invocation.payload),
    ...(trace && { trace }),
    ...(end.status === 'Failed' && { error: end.error }),
    ...(end.status === 'Succeeded' && { result: await storeText(deps, key, { text: end.resultText }) }),
  };
  await deps.ends.put(key, ended, now);
  await deps.queue.sendKeptEnd(deps.followUpQueueUrl, key, 0);
}

/** An object is named by what it holds, so that no writer can change what another has written. */
async function storeText(
  { payloads }: KeepEndDependencies,
  key: EndKey,
  stored: StoredText,
): Promise<StoredText> {
  if (!('text' in stored) || byteLength(stored.text) <= KEPT_END_TEXT_MAX_BYTES) return stored;
  const digest = createHash('sha256').update(stored.text).digest('hex');
  const objectKey = `${endObjectPrefix(OBJECT_PREFIXES.result, key)}${digest}`;
  await payloads.put(objectKey, stored.text);
  return { objectKey };
}

/**
 * Keeps the end of a series whose destination did not take it yet, so that the task can be run again. The tries go on where
 * they are. Doing it twice changes nothing; if the task is not run again after all, its destination may be told twice, under
 * one id.
 * @throws TaskModeError if AWS does not take the row. A message that cannot be sent is the sweep's.
 */
export async function keepTaskEnd(
  { ends, queue, followUpQueueUrl }: KeepTaskEndDependencies,
  task: FollowedTask,
  now: number,
): Promise<void> {
  const { functionName, taskId, series, submissionId, status, attempt, endTime, requestId } = task;
  const { payload, trace, config, followUpAttempts, nextDeliveryTime = now } = task;
  const key = { functionName, endId: redrivenEndId(submissionId) };
  const ended = {
    ...{ taskId, series, status, attempt, endTime, requestId, payload },
    config: { destinations: config.destinations },
    ...(trace && { trace }),
    ...(task.status === 'Failed' && { error: task.error }),
  };
  const delaySeconds = Math.max(Math.ceil((nextDeliveryTime - now) / 1000), 0);
  const isByMessage = delaySeconds <= QUEUE_DELAY_MAX_SECONDS;
  const wakeTime = sweepTime(nextDeliveryTime + (isByMessage ? FOLLOW_UP_SWEEP_AFTER_MS : 0));
  await ends.putAside(key, ended, { wakeTime, now, followUpAttempts, nextDeliveryTime });
  if (isByMessage) await queue.sendKeptEnd(followUpQueueUrl, key, delaySeconds).catch(() => undefined);
}
