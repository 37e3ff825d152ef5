import type { DestinationKind } from './destination.ts';
import { failureReport } from './failure.ts';
import { type StatusGroup, statusGroupOf, type TaskStatus } from './lifecycle.ts';
import {
  EARLY_START_MS,
  FOLLOW_UP_ATTEMPTS,
  FOLLOW_UP_MAX_BYTES,
  FOLLOW_UP_REPEAT_MS,
  FOLLOW_UP_RETRY_SECONDS,
  FOLLOW_UP_SWEEP_AFTER_MS,
  SWEEP_AHEAD_MS,
} from './limits.ts';
import type { ReportedEnd } from './reported-end.ts';
import type { Destinations, EndedTask, Task, TaskConfig } from './task.ts';
import { byteLength, withoutNoncharacters } from './text.ts';
import { traceHeaders } from './trace.ts';
import { isAnswered, type Waiter } from './waiter.ts';

/** Destination per group of statuses. A stopped task has none: the caller who stopped it already knows. */
const DESTINATION_OF: Readonly<Partial<Record<StatusGroup, keyof Destinations>>> = {
  succeeded: 'onSuccess',
  failed: 'onFailure',
};

/** Who is to be told that a task has this status, an ARN or a URL; undefined when nobody is. */
export function destinationOf(
  { destinations }: Pick<TaskConfig, 'destinations'>,
  status: TaskStatus,
): string | undefined {
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

/** Whether the workflow that waits for a task is still to be answered. Its destination is told after that. */
export function isAnswerPending(task: FollowedTask): task is FollowedTask & { readonly waiter: Waiter } {
  return isAnswered(task.waiter, task.status) && !task.isWaiterAnswered;
}

/** How the deliveries of one end have gone so far, as its row says. */
export interface DeliveryRecord {
  /** How often it was tried. */
  readonly followUpAttempts?: number | undefined;
  /** When the next try is due; absent before the first. */
  readonly nextDeliveryTime?: number | undefined;
}

/**
 * Whether a message may lead to a try now. Anybody in the deployment can send such messages, at any time and often: they
 * must not use up the tries of a destination that is down for a minute.
 */
export function isDeliveryDue({ nextDeliveryTime = 0 }: DeliveryRecord, now: number): boolean {
  return now >= nextDeliveryTime - EARLY_START_MS;
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
  /** By a message of its own a minute later, by the sweep, or not at all. */
  readonly outcome: 'again' | 'later' | 'given up';
  readonly note: {
    readonly followUp: 'pending' | 'failed';
    readonly followUpAttempts: number;
    readonly nextDeliveryTime: number | undefined;
    /** When the sweep sends a message, if the one by which the next try is made should be lost. */
    readonly wakeTime: number | undefined;
  };
}

const LONGEST_PAUSE_MS = pauseMs(FOLLOW_UP_ATTEMPTS.max - 1);

/** Tells how a failed delivery goes on: a minute later at first, then at doubling intervals, and in the end no more. */
export function nextDelivery(
  { followUpAttempts = 0 }: DeliveryRecord,
  { isFinal, retryAfterSeconds, now }: FailedDelivery,
): NextDelivery {
  const attempts = followUpAttempts + 1;
  if (isFinal || attempts >= FOLLOW_UP_ATTEMPTS.max) {
    return {
      outcome: 'given up',
      note: {
        followUp: 'failed',
        followUpAttempts: attempts,
        nextDeliveryTime: undefined,
        wakeTime: undefined,
      },
    };
  }
  const isByMessage = attempts < FOLLOW_UP_ATTEMPTS.byMessage && retryAfterSeconds <= FOLLOW_UP_RETRY_SECONDS;
  const waitMs = Math.max(pauseMs(attempts), Math.min(retryAfterSeconds * 1000, LONGEST_PAUSE_MS));
  return {
    outcome: isByMessage ? 'again' : 'later',
    note: {
      followUp: 'pending',
      followUpAttempts: attempts,
      nextDeliveryTime: now + (isByMessage ? FOLLOW_UP_RETRY_SECONDS * 1000 : waitMs),
      wakeTime: sweepTime(now + waitMs),
    },
  };
}

/** How long after so many attempts the sweep hands a follow-up over again. */
function pauseMs(attempts: number): number {
  return FOLLOW_UP_REPEAT_MS * 2 ** Math.max(attempts - FOLLOW_UP_ATTEMPTS.byMessage, 0);
}

export interface FollowUpTexts {
  /** The same at every delivery of an end. */
  readonly id: string;
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
export function followUpBody(kind: DestinationKind, end: ReportedEnd, texts: FollowUpTexts): string {
  const maxBytes = FOLLOW_UP_MAX_BYTES[kind];
  for (const omissions of OMISSIONS) {
    const body = bodyWithout(omissions, end, texts);
    if (byteLength(body) <= maxBytes) return body;
  }
  throw new Error(`follow-up of ${end.taskId} has more than ${maxBytes} bytes without its texts`);
}

function bodyWithout(
  omissions: readonly OmittedText[],
  end: ReportedEnd,
  { id, functionArn, payloadText, resultText }: FollowUpTexts,
): string {
  const texts = {
    requestPayload: payloadText,
    responsePayload: end.status === 'Failed' ? failureReport(end.error) : resultText,
  };
  const isOmitted = (name: OmittedText) =>
    omissions.includes(name) || (texts[name] === undefined && hasText(end, name));
  const omitted = (['requestPayload', 'responsePayload'] as const).filter(isOmitted);
  const textOf = (name: OmittedText) => (omitted.includes(name) ? '' : (texts[name] ?? ''));
  const body = {
    timestamp: end.endTime,
    requestContext: {
      requestId: end.requestId,
      functionArn,
      condition: conditionOf(end),
      approximateInvokeCount: end.attempt,
      functionName: end.functionName,
      ...(!end.isInvocation && { taskId: end.taskId, series: end.series }),
      status: end.status,
      followUpId: id,
      ...traceHeaders(end.trace),
    },
    requestPayload: textOf('requestPayload'),
    responseContext: responseContextOf(end),
    responsePayload: textOf('responsePayload'),
    ...(omitted.length > 0 && { omitted }),
  };
  return withoutNoncharacters(JSON.stringify(body));
}

function hasText({ status }: ReportedEnd, name: OmittedText): boolean {
  return name === 'requestPayload' || status === 'Succeeded';
}

/** The contract's error code. For the two ends without an attempt that failed: Lambda's own word, and our API's. */
function conditionOf(end: ReportedEnd): string {
  if (end.status === 'Failed') return end.error.kind;
  return { Succeeded: '', Stopped: '', Expired: 'EventAgeExceeded', Invalid: 'FunctionNotFound' }[end.status];
}

/** A status code other than 200 says that it was not the function that failed (FC contract section 11). */
function responseContextOf(end: ReportedEnd) {
  const isOurs = end.status !== 'Succeeded' && end.status !== 'Failed';
  return { statusCode: isOurs ? 500 : 200, functionError: end.status === 'Failed' ? end.error.kind : '' };
}
