import type { DestinationKind } from './destination.ts';
import { failureReport } from './failure.ts';
import { type StatusGroup, statusGroupOf, type TaskStatus } from './lifecycle.ts';
import {
  FOLLOW_UP_ATTEMPTS,
  FOLLOW_UP_MAX_BYTES,
  FOLLOW_UP_REPEAT_MS,
  FOLLOW_UP_RETRY_SECONDS,
  FOLLOW_UP_SWEEP_AFTER_MS,
  SWEEP_AHEAD_MS,
} from './limits.ts';
import type { Destinations, EndedTask, Task, TaskConfig } from './task.ts';
import { byteLength, withoutNoncharacters } from './text.ts';
import { isAnswered } from './waiter.ts';

/** Destination per group of statuses. A stopped task has none: the caller who stopped it already knows. */
const DESTINATION_OF: Readonly<Partial<Record<StatusGroup, keyof Destinations>>> = {
  succeeded: 'onSuccess',
  failed: 'onFailure',
};

/** Who is to be told that a task has this status, an ARN or a URL; undefined when nobody is. */
export function destinationOf({ destinations }: TaskConfig, status: TaskStatus): string | undefined {
  const name = DESTINATION_OF[statusGroupOf(status)];
  return name && destinations?.[name];
}

/** What the write that ends a task marks it with when somebody is to be told; undefined when nobody is. */
export function followUpMark(
  { config, waiter }: Pick<Task, 'config' | 'waiter'>,
  status: TaskStatus,
  now: number,
) {
  const isTold = destinationOf(config, status) !== undefined || isAnswered(waiter, status);
  return isTold
    ? { followUp: 'pending' as const, wakeTime: sweepTime(now + FOLLOW_UP_SWEEP_AFTER_MS) }
    : undefined;
}

/** The wake time by which the sweep sees to a follow-up at `time`, and no earlier: it looks that far ahead. */
export function sweepTime(time: number): number {
  return time + SWEEP_AHEAD_MS;
}

/** A task that has ended, and whose destination is still to be told. */
export type FollowedTask = EndedTask & { readonly followUp: 'pending' };

export function isFollowUpPending(task: Task): task is FollowedTask {
  return 'followUp' in task && task.followUp === 'pending';
}

export interface FailedDelivery {
  /** The destination wants to be told nothing more. */
  readonly isFinal: boolean;
  /** It asks not to be tried again any sooner. */
  readonly retryAfterSeconds: number;
  readonly now: number;
}

/** How a delivery goes on that failed, and what is noted of it. */
export interface NextDelivery {
  /** When the same message comes again, by the sweep, or no more. */
  readonly outcome: 'again' | 'later' | 'given up';
  readonly note: Required<Pick<FollowedTask, 'followUpAttempts'>> & {
    readonly followUp: 'pending' | 'failed';
    readonly wakeTime: number | undefined;
  };
}

const LONGEST_PAUSE_MS = pauseMs(FOLLOW_UP_ATTEMPTS.max - 1);

/** Tells how a failed delivery goes on: a minute later at first, then at doubling intervals, and in the end no more. */
export function nextDelivery(
  { followUpAttempts = 0 }: Pick<FollowedTask, 'followUpAttempts'>,
  { isFinal, retryAfterSeconds, now }: FailedDelivery,
): NextDelivery {
  const attempts = followUpAttempts + 1;
  if (isFinal || attempts >= FOLLOW_UP_ATTEMPTS.max) {
    return {
      outcome: 'given up',
      note: { followUp: 'failed', followUpAttempts: attempts, wakeTime: undefined },
    };
  }
  const isByMessage = attempts < FOLLOW_UP_ATTEMPTS.byMessage && retryAfterSeconds <= FOLLOW_UP_RETRY_SECONDS;
  const waitMs = Math.max(pauseMs(attempts), Math.min(retryAfterSeconds * 1000, LONGEST_PAUSE_MS));
  return {
    outcome: isByMessage ? 'again' : 'later',
    // The message comes sooner; should it be lost, the sweep does it then.
    note: { followUp: 'pending', followUpAttempts: attempts, wakeTime: sweepTime(now + waitMs) },
  };
}

/** How long after so many attempts the sweep hands a follow-up over again. */
function pauseMs(attempts: number): number {
  return FOLLOW_UP_REPEAT_MS * 2 ** Math.max(attempts - FOLLOW_UP_ATTEMPTS.byMessage, 0);
}

/** The same at every delivery, and another for every end that a task has. */
export function followUpId({ functionName, taskId, submissionId, series, status }: EndedTask): string {
  return [functionName, taskId, submissionId, series, status].join('/');
}

export interface FollowUpTexts {
  readonly functionArn: string;
  /** JSON text; undefined when its object is gone. */
  readonly payloadText: string | undefined;
  /** JSON text; undefined when its object is gone, and for a task without one. */
  readonly resultText: string | undefined;
}

type OmittedText = 'requestPayload' | 'responsePayload';

/** What is left out, one after the other, of a body that is too large: the caller knows the payload, but not the result. */
const OMISSIONS: readonly (readonly OmittedText[])[] = [
  [],
  ['requestPayload'],
  ['requestPayload', 'responsePayload'],
];

/**
 * Makes the JSON text that a destination gets (FC contract section 11, exact). Ours are `taskId`, `functionName`,
 * `status` and `series` in the context, its `followUpId`, which is the same at every delivery, `traceparent` and `tracestate` where
 * the submit had them, and `omitted`, which names the texts that are left out.
 */
export function followUpBody(kind: DestinationKind, task: EndedTask, texts: FollowUpTexts): string {
  const maxBytes = FOLLOW_UP_MAX_BYTES[kind];
  for (const omissions of OMISSIONS) {
    const body = bodyWithout(omissions, task, texts);
    if (byteLength(body) <= maxBytes) return body;
  }
  throw new Error(`follow-up of task ${task.taskId} has more than ${maxBytes} bytes without its texts`);
}

function bodyWithout(
  omissions: readonly OmittedText[],
  task: EndedTask,
  { functionArn, payloadText, resultText }: FollowUpTexts,
): string {
  const texts = {
    requestPayload: payloadText,
    responsePayload: task.status === 'Failed' ? failureReport(task.error) : resultText,
  };
  const isOmitted = (name: OmittedText) =>
    omissions.includes(name) || (texts[name] === undefined && hasText(task, name));
  const omitted = (['requestPayload', 'responsePayload'] as const).filter(isOmitted);
  const textOf = (name: OmittedText) => (omitted.includes(name) ? '' : (texts[name] ?? ''));
  const body = {
    timestamp: task.endTime,
    requestContext: {
      requestId: task.requestId,
      functionArn,
      condition: conditionOf(task),
      approximateInvokeCount: task.attempt,
      functionName: task.functionName,
      ...(!task.isInvocation && { taskId: task.taskId, series: task.series }),
      status: task.status,
      followUpId: followUpId(task),
      ...task.trace,
    },
    requestPayload: textOf('requestPayload'),
    responseContext: responseContextOf(task),
    responsePayload: textOf('responsePayload'),
    ...(omitted.length > 0 && { omitted }),
  };
  return withoutNoncharacters(JSON.stringify(body));
}

function hasText({ status }: EndedTask, name: OmittedText): boolean {
  return name === 'requestPayload' || status === 'Succeeded';
}

/** The contract's error code. For the two ends without an attempt that failed: Lambda's own word, and our API's. */
function conditionOf(task: EndedTask): string {
  if (task.status === 'Failed') return task.error.kind;
  return { Succeeded: '', Stopped: '', Expired: 'EventAgeExceeded', Invalid: 'FunctionNotFound' }[
    task.status
  ];
}

/** A status code other than 200 says that it was not the function that failed (FC contract section 11). */
function responseContextOf(task: EndedTask) {
  const isOurs = task.status !== 'Succeeded' && task.status !== 'Failed';
  return { statusCode: isOurs ? 500 : 200, functionError: task.status === 'Failed' ? task.error.kind : '' };
}
