import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { TaskIndex } from '../../lambdas/aws/task-index.ts';
import { type Item, toItem, toTask } from '../../lambdas/aws/task-item.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import type { Task } from '../../lambdas/domain/task.ts';
import { startEngines, TASK_TABLE } from './engines.ts';
import { newTask } from './tasks.ts';

const { dynamoDb } = await startEngines();
const table = { client: dynamoDb, tableName: TASK_TABLE };

const failed = (): Task => ({
  ...newTask(),
  status: 'Failed',
  endTime: 1,
  durationMs: 1,
  error: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
});

/** What code may write into a row of its own function, since its role may write these attributes. */
const HOSTILE: readonly (readonly [string, Item])[] = [
  ...['durationMs', 'endTime', 'expiresAt', 'droppedEvents', 'version', 'leaseUntil', 'attempt'].flatMap(
    (name) => [
      [`a large number as ${name}`, { [name]: { N: '100000000000000000000' } }] as const,
      [`a text as ${name}`, { [name]: { S: 'x' } }] as const,
    ],
  ),
  ['null as an event', { events: { L: [{ NULL: true }] } }],
  [
    'an event with a large timestamp',
    { events: { L: [{ M: { status: { S: 'Failed' }, timestamp: { N: '1e30' } } }] } },
  ],
  [
    'an event whose detail is an object',
    { events: { L: [{ M: { status: { S: 'Failed' }, timestamp: { N: '1' }, eventDetail: { M: {} } } }] } },
  ],
  ['a result that is no text', { result: { M: { text: { N: '1' } } } }],
  ['null as result', { result: { NULL: true } }],
  ['an error without a message', { error: { M: {} } }],
  ['a status that there is not', { status: { S: 'Done' } }],
];

describe('a row that user code has written', () => {
  test.each(HOSTILE)('with %s is no task, and hides no other one', async (_, fields) => {
    const [good, bad] = [failed(), failed()];
    const item = { ...toItem(bad, 1), ...fields };
    expect(toTask(toItem(bad, 1))).toEqual(bad);
    expect(toTask(item)).toBeUndefined();
    await dynamoDb.send(new PutItemCommand({ TableName: TASK_TABLE, Item: toItem(good, 1) }));
    await dynamoDb.send(new PutItemCommand({ TableName: TASK_TABLE, Item: item }));
    expect(await new TaskIndex(table).readAll([bad, good])).toEqual([good]);
    const store = new TaskStore({ ...table, shardCount: 1 });
    expect(await store.get(bad, 0)).toBeUndefined();
  });

  test('gives its id to the next submit if it is no task', async () => {
    const store = new TaskStore({ ...table, shardCount: 1 });
    const task = newTask();
    const Item = { pk: { S: `${task.functionName}#${task.taskId}` }, status: { S: 'Succeeded' } };
    await dynamoDb.send(new PutItemCommand({ TableName: TASK_TABLE, Item }));
    expect(await store.create(task, task.submitTime)).toEqual({ isWritten: true, task });
  });
});
