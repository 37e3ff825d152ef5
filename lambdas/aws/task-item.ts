import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type IndexState, indexStateOf, isTaskStatus, type TaskStatus } from '../domain/lifecycle.ts';
import { shardOf, sortKeyOf, type Task, type TaskKey } from '../domain/task.ts';

export type Item = Record<string, AttributeValue>;

const MARSHALL = { removeUndefinedValues: true };

/** The attributes that exist for the indexes only; `wakeShard` is in rows of an earlier form. */
const INDEX_ATTRIBUTES = ['pk', 'sortKey', 'timeShard', 'stateShard', 'lookFrom', 'wakeShard'];

export function primaryKeyOf({ functionName, taskId }: TaskKey): string {
  return `${functionName}#${taskId}`;
}

/** Tells which task an item or an index entry is of. */
export function keyOf(item: Item): TaskKey {
  // Not unmarshalled: an attribute that a worker wrote, such as a number too large, must not hide whose row it is.
  const pk = item.pk?.S ?? '';
  // Neither a function name nor a task id can have a #.
  const end = pk.indexOf('#');
  return { functionName: pk.slice(0, end), taskId: pk.slice(end + 1) };
}

export function timeShardOf(functionName: string, shard: number): string {
  return `${functionName}#${shard}`;
}

/** The partition of `byState` that a task in `status` is listed in; undefined when it is in none. */
export function stateShardOf(functionName: string, status: TaskStatus, shard: number): string | undefined {
  const state = indexStateOf(status);
  return state === undefined ? undefined : stateShardKey(functionName, state, shard);
}

export function stateShardKey(functionName: string, state: IndexState, shard: number): string {
  return `${functionName}#${state}#${shard}`;
}

export function toItem(task: Task, shardCount: number): Item {
  return toAttributes({
    ...task,
    pk: primaryKeyOf(task),
    ...listFields(task, shardOf(task.taskId, shardCount)),
  });
}

function listFields({ functionName, taskId, submitTime, status }: Task, shard: number) {
  return {
    sortKey: sortKeyOf(submitTime, taskId),
    timeShard: timeShardOf(functionName, shard),
    stateShard: stateShardOf(functionName, status, shard),
  };
}

export function toAttributes(values: Record<string, unknown>): Item {
  return marshall(values, MARSHALL);
}

/**
 * Reads a row of the task table, or returns undefined for one that is no task: a worker's role can write such rows.
 * Its names come from the key, which is all that a worker's role is bound to.
 */
export function toTask(item: Item): Task | undefined {
  const row = attributesOf(item);
  if (!row || !isTaskStatus(row.status) || !isTaskRow(row)) return undefined;
  const key = keyOf(item);
  for (const attribute of INDEX_ATTRIBUTES) delete row[attribute];
  return { ...row, ...key } as Task;
}

/** Reads an item, or returns undefined for one with a number that JavaScript does not know: only workers can write such. */
export function attributesOf(item: Item): Record<string, unknown> | undefined {
  try {
    return unmarshall(item);
  } catch {
    return undefined;
  }
}

const NUMBERS = ['series', 'submitTime', 'dueTime', 'notBefore', 'startDeadline', 'attempt', 'expiresAt'];
const OPTIONAL_NUMBERS = [
  ...['version', 'wakeTime', 'resentTime', 'handBacks', 'handedBackTime', 'droppedEvents', 'startTime'],
  ...['leaseUntil', 'endTime', 'durationMs', 'followUpAttempts', 'nextDeliveryTime'],
];
const TEXTS = ['submissionId', 'requestId', 'tenant'];
const OPTIONAL_TEXTS = ['caller', 'runId', 'instanceId', 'writeId', 'followUp', 'followUpError'];

type Row = Record<string, unknown>;

/**
 * Tells whether a row is a task: it has what only submits write, which no role that runs user code may, and whatever else it
 * has is of the type that it is read as. A worker can write anything into the rows of its own function, and one row must
 * not fail a list of them, a bulk job or the sweep.
 */
function isTaskRow(row: Row): boolean {
  const { config, payload, events, status, result, error } = row;
  const has = (names: readonly string[], check: (value: unknown) => boolean) =>
    names.every((name) => check(row[name]));
  return (
    has(NUMBERS, isNumber) &&
    has(OPTIONAL_NUMBERS, orUndefined(isNumber)) &&
    has(TEXTS, isText) &&
    has(OPTIONAL_TEXTS, orUndefined(isText)) &&
    isObject(config) &&
    isStoredText(payload) &&
    Array.isArray(events) &&
    events.every(isEvent) &&
    (status === 'Succeeded' ? isStoredText(result) : orUndefined(isStoredText)(result)) &&
    (status === 'Failed' ? isFailure(error) : orUndefined(isFailure)(error))
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function orUndefined(check: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || check(value);
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function isStoredText(value: unknown): boolean {
  return isObject(value) && isText('text' in value ? value.text : value.objectKey);
}

function isEvent(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { status, timestamp, sentTime, receivedTime, eventDetail, instanceId } = value;
  return (
    isTaskStatus(status) &&
    isNumber(timestamp) &&
    [sentTime, receivedTime].every(orUndefined(isNumber)) &&
    [eventDetail, instanceId].every(orUndefined(isText))
  );
}

function isFailure(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.kind, value.errorType, value.errorMessage].every(isText) &&
    orUndefined(isText)(value.stack)
  );
}
