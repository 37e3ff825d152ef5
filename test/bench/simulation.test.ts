import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import type { TableDescription } from '../../bench/simulation/capacity.ts';
import { itemBytes } from '../../bench/simulation/capacity.ts';
import { playCrashes } from '../../bench/simulation/dead-runs.ts';
import { MemoryTables } from '../../bench/simulation/memory-tables.ts';
import { taskTableDescription } from '../../bench/simulation/task-table.ts';
import { playBacklog, playDay } from '../../bench/simulation/throttled-target.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import type { RunningTask, TaskIn } from '../../lambdas/domain/task.ts';
import { startEngines, TASK_TABLE } from '../aws/engines.ts';
import { newTask, runOf } from '../aws/tasks.ts';

const { dynamoDb } = await startEngines();
const taskTable: TableDescription = taskTableDescription();

/** Plays the same life of a task on a table: hand-back, heartbeat, retry, writes that are refused, stop. */
async function playLife(
  store: TaskStore,
  task: TaskIn<'Enqueued'>,
  each: (step: string) => void = () => undefined,
) {
  const now = task.submitTime;
  const started = async (runId: string) => {
    const from = runId === 'third' ? 'Retrying' : 'Enqueued';
    const outcome = await store.start(task, runOf(task, { runId, now }), from);
    if (!outcome.isWritten) throw new Error(`not started: ${outcome.current?.status}`);
    return outcome.task;
  };
  await store.create(task, now);
  each('create');
  expect((await store.create({ ...task, submissionId: 'other' }, now)).isWritten).toBe(false);
  each('duplicate');
  const first = await started('first');
  each('start');
  expect((await store.start(task, runOf(task, { runId: 'late' }))).isWritten).toBe(false);
  each('refused start');
  await store.extendLease(task, 'first', { now, leaseUntil: now + 90_000 });
  each('heartbeat');
  const fields = { attempt: 0, notBefore: now, leaseUntil: undefined };
  await store.move(first, 'handBack', 'Enqueued', { now, handBackCause: 'throttled', fields });
  each('hand-back');
  const second: RunningTask = await started('second');
  each('start again');
  await store.move(second, 'retry', 'Retrying', {
    now,
    fields: { error: taskFailure('HandledInvocationError', 'Error', 'no'), leaseUntil: undefined },
  });
  each('retry');
  expect((await store.move(second, 'fail', 'Failed', { now })).isWritten).toBe(false);
  each('stale end');
  const third = await started('third');
  each('start of the retry');
  await store.move(third, 'succeed', 'Succeeded', {
    now,
    fields: { result: { text: '1' }, leaseUntil: undefined },
  });
  each('end');
}

test('the simulated table holds the rows and index entries that the engine of the local runtime holds', async () => {
  const task = newTask({ submissionId: 'own' });
  const tables = new MemoryTables({ [TASK_TABLE]: taskTable });
  const of = async (client: typeof dynamoDb) => {
    const store = new TaskStore({ client, tableName: TASK_TABLE, shardCount: 1 });
    await playLife(store, task);
    const Key = { pk: { S: `echo#${task.taskId}` } };
    const { Item: { writeId, ...row } = {} } = await client.send(
      new GetItemCommand({ TableName: TASK_TABLE, Key }),
    );
    expect(writeId).toBeDefined();
    const query = (IndexName: string, attribute: string, shard: string) =>
      client.send(
        new QueryCommand({
          TableName: TASK_TABLE,
          IndexName,
          KeyConditionExpression: `${attribute} = :shard AND sortKey BETWEEN :low AND :high`,
          ExpressionAttributeValues: { ':shard': { S: shard }, ':low': { S: '0' }, ':high': { S: '~' } },
        }),
      );
    const waiting = newTask({ taskId: `after-${task.taskId}`, submissionId: 'own' });
    await store.create(waiting, task.submitTime);
    const byTime = await query('byTime', 'timeShard', 'echo#0');
    const byState = await query('byState', 'stateShard', 'echo#waiting#0');
    return { row, byTime: byTime.Items, byState: byState.Items };
  };
  const simulated = await of(tables);
  expect(simulated.byTime).toHaveLength(2);
  expect(simulated.byState).toHaveLength(1);
  expect(simulated).toEqual(await of(dynamoDb));
});

test('the simulated table counts the write units that DynamoDB bills for the row and its index entries', async () => {
  const tables = new MemoryTables({ [TASK_TABLE]: taskTable });
  const store = new TaskStore({ client: tables, tableName: TASK_TABLE, shardCount: 1 });
  const units: Record<string, number> = {};
  let before = 0;
  // Short ids keep the row under 1 KB all along.
  await playLife(store, newTask({ taskId: 't', submissionId: 's' }), (step) => {
    units[step] = tables.usage.writeUnits - before;
    before = tables.usage.writeUnits;
  });
  expect(units).toEqual({
    create: 3,
    duplicate: 1,
    start: 3,
    'refused start': 1,
    heartbeat: 1,
    'hand-back': 3,
    'start again': 3,
    retry: 3,
    'stale end': 1,
    'start of the retry': 3,
    end: 2,
  });
  const large = newTask({ payload: { text: 'x'.repeat(2048) } });
  before = tables.usage.writeUnits;
  await store.create(large, large.submitTime);
  expect(tables.usage.writeUnits - before).toBe(3 + 2);
});

test('an item has the size that DynamoDB documents', () => {
  // Name and text; name and a number of six digits; name and a list of one text; name and a map of one boolean.
  const item = {
    a: { S: 'xyz' },
    bb: { N: '123456' },
    c: { L: [{ S: 'xy' }] },
    d: { M: { e: { BOOL: true } } },
  };
  expect(itemBytes(item)).toBe(4 + 6 + 7 + 7);
});

test('an expression that the simulated table does not know is refused', async () => {
  const tables = new MemoryTables({ [TASK_TABLE]: taskTable });
  const { UpdateItemCommand } = await import('@aws-sdk/client-dynamodb');
  const command = new UpdateItemCommand({
    TableName: TASK_TABLE,
    Key: { pk: { S: 'a' } },
    UpdateExpression: 'ADD #a :one',
    ExpressionAttributeNames: { '#a': 'a' },
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });
  await expect(tables.send(command)).rejects.toThrow('cannot simulate "ADD #a :one"');
});

test('a throttled task is handed back at most 160 times a day, in one event', async () => {
  const day = await playDay({ seed: 3, rule: 'after', taskTable }, 3);
  expect(day.handBacks).toBeLessThan(160);
  expect(day.handBacks).toBeGreaterThan(140);
  expect(day).toMatchObject({ events: 2, writes: 2 * day.handBacks, invocations: day.handBacks });
});

test('the same seed plays the same backlog, in little more than its ideal time', async () => {
  const options = { seed: 3, rule: 'after', taskTable } as const;
  const backlog = await playBacklog(options, 100);
  expect(await playBacklog(options, 100)).toEqual(backlog);
  expect(backlog.multiple).toBeGreaterThanOrEqual(1);
  expect(backlog.multiple).toBeLessThan(2);
});

test('a dead run is found by the sweep, and by its own message when the sweep is down', async () => {
  const short = { seed: 7, taskTable, tasks: 10, lambdaTimeoutSeconds: 70, ageSeconds: { min: 1, max: 60 } };
  const found = await playCrashes({ ...short, name: 'short', sweepDownSeconds: 0 });
  expect(found).toHaveLength(10);
  // Lambda ends the invocation at 70 s; then 5 s, and the sweep's minute and its work.
  expect(Math.max(...found)).toBeLessThan(70 + 5 + 60 + 3);
  const alone = await playCrashes({ ...short, name: 'alone', sweepDownSeconds: 600 });
  // It returns after the visibility time-out of 130 s.
  expect(Math.min(...alone)).toBeGreaterThan(130 - 60);
  expect(Math.max(...alone)).toBeLessThan(130);
});
