import type { Invocation } from './invocation.ts';
import { FUNCTION_NAME_PATTERN, REQUEST_ID_PATTERN, TASK_ID_PATTERN, TENANT_PATTERN } from './limits.ts';
import { OBJECT_PREFIXES } from './storage-names.ts';

const FIELDS = [
  ...['functionName', 'invocationId', 'requestId', 'tenant', 'trace', 'payload', 'config'],
  ...['attempt', 'submitTime', 'dueTime', 'startDeadline', 'handBacks', 'handedBackTime'],
];

/**
 * Reads an invocation, or returns undefined for what is none. User code may send to its function's queue what it likes, so
 * each field is checked that a later step relies on, and no other is taken along: a successor must not grow.
 */
export function readInvocation(value: unknown): Invocation | undefined {
  if (!isInvocation(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => FIELDS.includes(name)),
  ) as unknown as Invocation;
}

function isInvocation(value: unknown): value is Invocation {
  if (!isObject(value)) return false;
  const { functionName, invocationId, requestId, tenant, trace, payload, config } = value;
  const { attempt, submitTime, dueTime, startDeadline, handBacks = 0, handedBackTime = 0 } = value;
  return (
    matches(functionName, FUNCTION_NAME_PATTERN) &&
    matches(invocationId, TASK_ID_PATTERN) &&
    matches(requestId, REQUEST_ID_PATTERN) &&
    matches(tenant, TENANT_PATTERN) &&
    [attempt, submitTime, dueTime, startDeadline, handBacks, handedBackTime].every(isCount) &&
    isPayloadOf(payload, String(functionName)) &&
    isConfig(config) &&
    isTrace(trace)
  );
}

/** Two headers as texts, and nothing else. */
function isTrace(trace: unknown): boolean {
  if (trace === undefined) return true;
  if (!isObject(trace)) return false;
  return Object.entries(trace).every(
    ([name, value]) => ['traceparent', 'tracestate'].includes(name) && typeof value === 'string',
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isPayloadOf(payload: unknown, functionName: string): boolean {
  if (!isObject(payload)) return false;
  const { text, objectKey } = payload;
  if (objectKey === undefined) return typeof text === 'string';
  return typeof objectKey === 'string' && objectKey.startsWith(`${OBJECT_PREFIXES.payload}${functionName}/`);
}

function isConfig(config: unknown): boolean {
  if (!isObject(config)) return false;
  const { maxAsyncRetryAttempts, maxAsyncEventAgeInSeconds, destinations = {} } = config;
  return (
    isCount(maxAsyncRetryAttempts) &&
    isCount(maxAsyncEventAgeInSeconds) &&
    isObject(destinations) &&
    Object.values(destinations).every((destination) => typeof destination === 'string')
  );
}
