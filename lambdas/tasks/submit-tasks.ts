import type { WakeUpMessage } from '../aws/task-queue.ts';
import { configOf } from '../domain/async-invoke-config.ts';
import { TaskModeError } from '../domain/errors.ts';
import { BATCH_WRITES_AT_ONCE, QUEUE_BATCH_MAX } from '../domain/limits.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { functionTakingTasks } from './find-function.ts';
import { mapAtOnce } from './map-at-once.ts';
import { sendToFunction } from './send-to-function.ts';
import {
  alreadyExists,
  type Recorded,
  recordTask,
  type SubmitDependencies,
  type SubmitRequest,
} from './submit-task.ts';

/** What became of one task of a batch: it is accepted under its id, or refused as its submit alone would be. */
export type BatchOutcome =
  | { readonly isAccepted: true; readonly taskId: string }
  | { readonly isAccepted: false; readonly taskId: string | undefined; readonly error: unknown };

/** A task that is not to be accepted, for what is wrong with it. */
export interface Refused {
  readonly taskId?: string | undefined;
  readonly error: unknown;
}

/**
 * Accepts many tasks of one function, each for itself: as a submit of its own would, but that the messages go ten at a time.
 * A batch that is repeated accepts what the first did not, and refuses the rest as duplicates.
 * @throws TaskModeError `FunctionNotFound`, and `InvalidArgument` with task mode off: nothing is accepted then.
 */
export async function submitTasks(
  deps: SubmitDependencies,
  functionName: string,
  requests: readonly (SubmitRequest | Refused)[],
): Promise<BatchOutcome[]> {
  const target = await functionTakingTasks(deps, functionName);
  if (!configOf(target).asyncTask) {
    throw new TaskModeError(
      'InvalidArgument',
      `task mode must be on for a batch of tasks, and is off for function "${functionName}": invoke it`,
    );
  }
  const recorded = await mapAtOnce(requests, BATCH_WRITES_AT_ONCE, async (request) =>
    'error' in request
      ? request
      : recordTask(deps, target, request).catch((error: unknown) => ({ taskId: request.taskId, error })),
  );
  const wakeUps = recorded.flatMap((each) => ('wakeUp' in each && each.wakeUp ? [each.wakeUp] : []));
  const unsent = await sendAll(deps, target, wakeUps);
  return recorded.map((each) => outcomeOf(each, unsent));
}

function outcomeOf(recorded: Recorded | Refused, unsent: ReadonlyMap<WakeUpMessage, unknown>): BatchOutcome {
  if ('error' in recorded) return { isAccepted: false, taskId: recorded.taskId, error: recorded.error };
  const { key, wakeUp, duplicate } = recorded;
  const { taskId } = key;
  if (wakeUp && unsent.has(wakeUp)) return { isAccepted: false, taskId, error: unsent.get(wakeUp) };
  return duplicate
    ? { isAccepted: false, taskId, error: alreadyExists(key, duplicate) }
    : { isAccepted: true, taskId };
}

/** Sends the messages; answers why, of those that were not taken. Their rows stay, as that of a submit which dies. */
async function sendAll(
  deps: SubmitDependencies,
  target: TaskFunctionRecord,
  wakeUps: readonly WakeUpMessage[],
): Promise<Map<WakeUpMessage, unknown>> {
  const unsent = new Map<WakeUpMessage, unknown>();
  const batches = Array.from({ length: Math.ceil(wakeUps.length / QUEUE_BATCH_MAX) }, (_, index) =>
    wakeUps.slice(index * QUEUE_BATCH_MAX, (index + 1) * QUEUE_BATCH_MAX),
  );
  await mapAtOnce(batches, batches.length, async (batch) => {
    try {
      const refused = await sendToFunction(deps, target, (url) => deps.queue.sendSome(url, batch));
      for (const message of refused) unsent.set(message, notTaken());
    } catch (error) {
      for (const message of batch) unsent.set(message, error);
    }
  });
  return unsent;
}

function notTaken(): TaskModeError {
  return new TaskModeError(
    'ServiceUnavailable',
    'SQS did not take the message. Repeating the task with the same id is safe.',
  );
}
