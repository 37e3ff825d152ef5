import { randomUUID } from 'node:crypto';
import { configOf, taskConfigOf } from '../domain/async-invoke-config.ts';
import { encodedBytes } from '../domain/encoded-text.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { Invocation } from '../domain/invocation.ts';
import { INLINE_INVOCATION_PAYLOAD_MAX_BYTES, QUEUE_DELAY_MAX_SECONDS } from '../domain/limits.ts';
import { CREATED, type MetricValues } from '../domain/metrics.ts';
import { checkedPayload } from '../domain/payload.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import type { StoredText } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { functionTakingTasks } from './find-function.ts';
import { sendToFunction } from './send-to-function.ts';
import { type Submission, type SubmitDependencies, type SubmitRequest, submitTask } from './submit-task.ts';

export interface AcceptRequest extends SubmitRequest {
  /** The fields of the request that only a task can have, as it named them. */
  readonly taskFields: Readonly<Record<string, string | undefined>>;
}

export interface AcceptDependencies extends SubmitDependencies {
  readonly countMetrics: (functionName: string, values: MetricValues) => void;
}

/**
 * Accepts an asynchronous invocation: as a task, or with task mode off as a message and nothing else, which answers
 * undefined.
 * @throws TaskModeError as `submitTask` does, and `InvalidArgument` for what needs a task where there is none.
 */
export async function acceptInvocation(
  deps: AcceptDependencies,
  request: AcceptRequest,
): Promise<Submission | undefined> {
  const target = await functionTakingTasks(deps, request.functionName);
  if (configOf(target).asyncTask) return submitTask(deps, request);
  checkFields(request);
  const payloadText = checkedPayload(request.payload);
  const invocationId = `i-${randomUUID()}`;
  try {
    const payload = await placed(deps, payloadText, request.functionName, invocationId);
    const invocation = newInvocation(request, { invocationId, payload, target, now: deps.clock() });
    await sendToFunction(deps, target, (queueUrl) =>
      deps.queue.sendInvocation(queueUrl, invocation, request.delaySeconds),
    );
  } catch (error) {
    throw ambiguous(error);
  }
  deps.countMetrics(request.functionName, CREATED);
  return undefined;
}

/** Who asks for what only a record can give is told that there is none. */
function checkFields({ functionName, taskFields, delaySeconds }: AcceptRequest): void {
  for (const [name, value] of Object.entries(taskFields)) {
    if (value === undefined) continue;
    throw new TaskModeError(
      'InvalidArgument',
      `${name} must be absent: task mode is off for function "${functionName}", so that nothing is recorded under an id, got "${value}"`,
    );
  }
  if (delaySeconds > QUEUE_DELAY_MAX_SECONDS) {
    throw new TaskModeError(
      'InvalidArgument',
      `x-fc-async-delay must be at most ${QUEUE_DELAY_MAX_SECONDS}: task mode is off for function "${functionName}", and a message can be delayed no longer, got "${delaySeconds}"`,
    );
  }
}

async function placed(
  { payloads }: SubmitDependencies,
  text: string,
  functionName: string,
  invocationId: string,
): Promise<StoredText> {
  if (encodedBytes(text) <= INLINE_INVOCATION_PAYLOAD_MAX_BYTES) return { text };
  const objectKey = `${OBJECT_PREFIXES.payload}${functionName}/${invocationId}/payload`;
  await payloads.put(objectKey, text);
  return { objectKey };
}

interface NewInvocation extends Pick<Invocation, 'invocationId' | 'payload'> {
  readonly target: TaskFunctionRecord;
  readonly now: number;
}

function newInvocation(
  { functionName, requestId, tenant, trace, delaySeconds }: SubmitRequest,
  { invocationId, payload, target, now }: NewInvocation,
): Invocation {
  const config = taskConfigOf(configOf(target));
  const dueTime = now + delaySeconds * 1000;
  return {
    functionName,
    invocationId,
    requestId,
    tenant,
    ...(trace && { trace }),
    submitTime: now,
    dueTime,
    startDeadline: dueTime + config.maxAsyncEventAgeInSeconds * 1000,
    attempt: 0,
    payload,
    config,
  };
}

/** Nothing tells a repeated invocation from another: what is safe for a task is not for this. */
function ambiguous(error: unknown): unknown {
  return error instanceof TaskModeError && error.code === 'ServiceUnavailable'
    ? new TaskModeError(
        'ServiceUnavailable',
        'AWS did not take the request in time. It may have been accepted all the same: a repetition may run the function twice.',
        { cause: error.cause },
      )
    : error;
}
