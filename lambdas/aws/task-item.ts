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
 * Reads a row of the task table, or returns undefined for one that no submit wrote: a worker's role can create such rows.
 * Its names come from the key, which is all that a worker's role is bound to.
 */
export function toTask(item: Item): Task | undefined {
  const row = attributesOf(item);
  if (!row || !isTaskStatus(row.status) || !isSubmitted(row)) return undefined;
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

/** Tells whether a row has what only submits write: no role that runs user code may write any of these. */
function isSubmitted({ submissionId, submitTime, config, payload, tenant, events }: Record<string, unknown>) {
  return (
    typeof submissionId === 'string' &&
    typeof submitTime === 'number' &&
    typeof tenant === 'string' &&
    typeof config === 'object' &&
    typeof payload === 'object' &&
    Array.isArray(events)
  );
}
