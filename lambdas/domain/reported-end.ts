import { type FailureKind, type TaskFailure, taskFailure } from './failure.ts';
import { type EndKey, endObjectPrefix, isRedrivenEnd } from './kept-end.ts';
import { isTaskStatus, isTerminal, type TerminalStatus } from './lifecycle.ts';
import {
  DESTINATION_MAX_CHARACTERS,
  KEPT_END_TEXT_MAX_BYTES,
  REQUEST_ID_MAX_BYTES,
  TASK_ID_PATTERN,
} from './limits.ts';
import { OBJECT_PREFIXES } from './storage-names.ts';
import type { Destinations, EndedTask, StoredText } from './task.ts';
import { byteLength, truncated } from './text.ts';
import { readTrace, type Trace } from './trace.ts';

interface ReportedFields {
  readonly functionName: string;
  /** An invocation's id, if it is the end of one. */
  readonly taskId: string;
  /** It is the end of an invocation without a record, which is no task. */
  readonly isInvocation?: true;
  readonly series: number;
  readonly requestId: string;
  readonly attempt: number;
  readonly endTime: number;
  readonly trace?: Trace;
  readonly payload: StoredText;
}

/** An end as it is reported to a workflow and a destination. */
export type ReportedEnd = ReportedFields &
  (
    | { readonly status: 'Succeeded'; readonly result: StoredText }
    | { readonly status: 'Failed'; readonly error: TaskFailure }
    | { readonly status: 'Stopped' | 'Expired' | 'Invalid' }
  );

/** What is known of an end without believing its fields. */
interface Origin extends Pick<ReportedFields, 'functionName' | 'taskId' | 'isInvocation' | 'series'> {
  /** What the key of an object must begin with. */
  readonly payloadKeys: readonly string[];
  readonly resultKeys: readonly string[];
  readonly textMaxBytes: number;
}

type Untrusted = Readonly<Record<string, unknown>>;

const FAILURE_KINDS: Readonly<Record<FailureKind, true>> = {
  HandledInvocationError: true,
  UnhandledInvocationError: true,
  ResponseTooLarge: true,
  PayloadExpired: true,
};

/**
 * Reads what is to be reported of a task that has ended. Its status, times, error and result are what the worker's role may
 * write, which also runs the user's code: each is checked, and objects must be the task's own.
 * @returns undefined if a field is not what a worker of ours writes
 */
export function readTaskEnd(task: EndedTask, now: number): ReportedEnd | undefined {
  const { functionName, taskId, series } = task;
  return readEnd(
    {
      functionName,
      taskId,
      series,
      payloadKeys: [`${OBJECT_PREFIXES.payload}${functionName}/${taskId}/`],
      resultKeys: [`${OBJECT_PREFIXES.result}${functionName}/${taskId}/`],
      textMaxBytes: Number.POSITIVE_INFINITY,
    },
    task as unknown as Untrusted,
    now,
  );
}

/** A kept end, and whom to report it to. */
export interface KeptEnd {
  readonly end: ReportedEnd;
  readonly destinations: Destinations;
}

/**
 * Reads a kept end. A worker's role may write all of it, so each field is checked and bounded; names come from the key, and
 * nothing waits for it, whatever it says.
 * @returns undefined if a field is not what we write
 */
export function readKeptEnd(key: EndKey, ended: unknown, now: number): KeptEnd | undefined {
  const fields = asRecord(ended);
  const destinations = fields && readDestinations(asRecord(asRecord(fields.config)?.destinations));
  const origin = fields && (isRedrivenEnd(key) ? seriesOrigin(key, fields) : invocationOrigin(key));
  const end = origin && readEnd(origin, fields, now);
  return end && destinations && { end, destinations };
}

function invocationOrigin(key: EndKey): Origin {
  const { functionName, endId } = key;
  const ownObjects = endObjectPrefix(OBJECT_PREFIXES.result, key);
  return {
    functionName,
    taskId: endId,
    isInvocation: true,
    series: 1,
    payloadKeys: [`${OBJECT_PREFIXES.payload}${functionName}/${endId}/`, ownObjects],
    resultKeys: [ownObjects],
    textMaxBytes: KEPT_END_TEXT_MAX_BYTES,
  };
}

function seriesOrigin({ functionName }: EndKey, { taskId, series }: Untrusted): Origin | undefined {
  if (typeof taskId !== 'string' || !TASK_ID_PATTERN.test(taskId) || !isCount(series)) return undefined;
  return {
    functionName,
    taskId,
    series,
    payloadKeys: [`${OBJECT_PREFIXES.payload}${functionName}/${taskId}/`],
    resultKeys: [],
    textMaxBytes: KEPT_END_TEXT_MAX_BYTES,
  };
}

function readEnd(
  { payloadKeys, resultKeys, textMaxBytes, ...names }: Origin,
  { status, attempt, endTime, requestId, trace, payload, result, error }: Untrusted,
  now: number,
): ReportedEnd | undefined {
  const payloadText = readStored(payload, payloadKeys, textMaxBytes);
  if (!payloadText || !isCount(attempt) || !isCount(endTime)) return undefined;
  const readableTrace = readTrace(asTexts(trace));
  const common = {
    ...names,
    attempt,
    endTime: Math.min(endTime, now),
    requestId: truncated(typeof requestId === 'string' ? requestId : '', REQUEST_ID_MAX_BYTES),
    payload: payloadText,
    ...(readableTrace && { trace: readableTrace }),
  };
  if (!isEnd(status)) return undefined;
  if (status === 'Succeeded') {
    const resultText = readStored(result, resultKeys, textMaxBytes);
    return resultText && { ...common, status, result: resultText };
  }
  if (status !== 'Failed') return { ...common, status };
  const failure = readFailure(asRecord(error));
  return failure && { ...common, status, error: failure };
}

function readStored(
  value: unknown,
  ownKeys: readonly string[],
  textMaxBytes: number,
): StoredText | undefined {
  const { text, objectKey } = asRecord(value) ?? {};
  if (typeof text === 'string') return byteLength(text) <= textMaxBytes ? { text } : undefined;
  if (typeof objectKey !== 'string') return undefined;
  return ownKeys.some((own) => objectKey.startsWith(own)) ? { objectKey } : undefined;
}

function readFailure(error: Untrusted | undefined): TaskFailure | undefined {
  const { kind, errorType, errorMessage, stack } = error ?? {};
  if (typeof errorType !== 'string' || typeof errorMessage !== 'string' || !isFailureKind(kind)) {
    return undefined;
  }
  return taskFailure(kind, errorType, errorMessage, typeof stack === 'string' ? { stack } : {});
}

function readDestinations(destinations: Untrusted = {}): Destinations | undefined {
  const { onSuccess, onFailure } = destinations;
  const names = [onSuccess, onFailure].filter((name) => name !== undefined);
  const areNames = names.every(
    (name) => typeof name === 'string' && name.length <= DESTINATION_MAX_CHARACTERS,
  );
  return areNames ? (destinations as Destinations) : undefined;
}

function isFailureKind(kind: unknown): kind is FailureKind {
  return typeof kind === 'string' && Object.hasOwn(FAILURE_KINDS, kind);
}

function isEnd(status: unknown): status is TerminalStatus {
  return isTaskStatus(status) && isTerminal(status);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function asTexts(value: unknown): Readonly<Record<'traceparent' | 'tracestate', string | undefined>> {
  const { traceparent, tracestate } = asRecord(value) ?? {};
  return {
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  };
}

function asRecord(value: unknown): Untrusted | undefined {
  return typeof value === 'object' && value !== null ? (value as Untrusted) : undefined;
}
