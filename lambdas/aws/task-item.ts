import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { INDEX_STATES, isTaskStatus, type TaskStatus } from '../domain/lifecycle.ts';
import { shardOf, sortKeyOf, type Task, type TaskIn, type TaskKey } from '../domain/task.ts';

export type Item = Record<string, AttributeValue>;

const MARSHALL = { removeUndefinedValues: true };

/** The attributes that exist for the indexes only. */
const INDEX_ATTRIBUTES = ['pk', 'sortKey', 'timeShard', 'stateShard'];

export function primaryKeyOf({ functionName, taskId }: TaskKey): string {
  return `${functionName}#${taskId}`;
}

export function timeShardOf(functionName: string, shard: number): string {
  return `${functionName}#${shard}`;
}

/** The partition of `byState` that a task in `status` is listed in; undefined when it is in none. */
export function stateShardOf(functionName: string, status: TaskStatus, shard: number): string | undefined {
  const state = INDEX_STATES[status];
  return state === null ? undefined : `${functionName}#${state}#${shard}`;
}

export function toItem(task: Task, shardCount: number): Item {
  const shard = shardOf(task.taskId, shardCount);
  return toAttributes({
    ...task,
    pk: primaryKeyOf(task),
    sortKey: sortKeyOf(task.submitTime, task.taskId),
    timeShard: timeShardOf(task.functionName, shard),
    stateShard: stateShardOf(task.functionName, task.status, shard),
  });
}

export function toAttributes(values: Record<string, unknown>): Item {
  return marshall(values, MARSHALL);
}

/** @throws Error when the row was not written by us. */
export function toTask(item: Item): Task {
  const row = unmarshall(item);
  if (!isTaskStatus(row.status) || typeof row.taskId !== 'string' || typeof row.functionName !== 'string') {
    throw new Error(
      `row ${JSON.stringify(row.pk)} of the task table is no task: its status is ${row.status}`,
    );
  }
  for (const attribute of INDEX_ATTRIBUTES) delete row[attribute];
  return row as Task;
}

export function isIn<S extends TaskStatus>(task: Task, ...statuses: readonly S[]): task is TaskIn<S> & Task {
  return (statuses as readonly TaskStatus[]).includes(task.status);
}
