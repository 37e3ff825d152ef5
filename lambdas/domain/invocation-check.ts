import type { Invocation } from './invocation.ts';
import { FUNCTION_NAME_PATTERN, REQUEST_ID_PATTERN, TASK_ID_PATTERN, TENANT_PATTERN } from './limits.ts';
import { OBJECT_PREFIXES } from './storage-names.ts';

/**
 * Tells whether a value is an invocation that this function may have been sent. User code may send to its function's queue,
 * so each field is checked that a later step relies on.
 */
export function isInvocationOf(value: unknown, functionName: string): value is Invocation {
  if (!isObject(value)) return false;
  const { invocationId, requestId, tenant, submitTime, dueTime, startDeadline, attempt, payload, config } =
    value;
  return (
    value.functionName === functionName &&
    FUNCTION_NAME_PATTERN.test(functionName) &&
    matches(invocationId, TASK_ID_PATTERN) &&
    matches(requestId, REQUEST_ID_PATTERN) &&
    matches(tenant, TENANT_PATTERN) &&
    [submitTime, dueTime, startDeadline].every(isCount) &&
    isCount(attempt) &&
    isPayloadOf(payload, functionName) &&
    isConfig(config)
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
