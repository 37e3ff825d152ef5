import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import { type Item, toItem } from '../../lambdas/aws/task-item.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { sweepTime } from '../../lambdas/domain/follow-up.ts';
import type { Task } from '../../lambdas/domain/task.ts';
import { countTasks } from '../../lambdas/tasks/count-tasks.ts';
import { listTasks } from '../../lambdas/tasks/list-tasks.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { newTask } from '../aws/tasks.ts';
import { idsOfOneShard, NOTHING, startSweepWorld } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startSweepWorld();
const { submit, read, put, report, sweep, time, dynamoDb, queueUrl } = world;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Tasks of one shard that are due in two minutes, and that the sweep is to wake up. */
const delayed = (functionName: string, taskIds: readonly string[]) =>
  taskIds.map((taskId) => ({
    ...newTask({ functionName, taskId, submitTime: time.now, delayMs: 2 * MINUTE_MS }),
    wakeTime: time.now + 2 * MINUTE_MS,
  }));

/** A function whose queue refuses every message. */
const registerBroken = () =>
  world.register('broken', {
    queueUrl: `${queueUrl}-is-gone`,
    deadLetterQueueUrl: queueUrl.replace('/echo', '/stubborn-dead'),
  });

/** What a worker's role may do: set attributes of its own function's rows. */
const asWorker = (pk: string, fields: Item) =>
  dynamoDb.send(
    new UpdateItemCommand({
      TableName: TASK_TABLE,
      Key: { pk: { S: pk } },
      UpdateExpression: `SET ${Object.keys(fields)
        .map((name) => `#${name} = :${name}`)
        .join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(Object.keys(fields).map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [`:${name}`, value]),
      ),
    }),
  );

describe('a function whose queue takes no message', () => {
  test('300 due tasks of a broken queue in one shard delay no other function', async () => {
    await registerBroken();
    const [last = '', ...ids] = idsOfOneShard(301, SHARDS);
    await put(delayed('broken', ids));
    await put(delayed('echo', [last]));
    const { counts, failureCount } = await report();
    expect(counts).toEqual({ ...NOTHING, wokenUp: 1 });
    expect(failureCount).toBeGreaterThan(0);
    expect(await world.messages()).toMatchObject({ delayed: 1 });
  });

  test('a task whose wake-up could not be sent is looked at again 10 minutes later', async () => {
    await registerBroken();
    const [task = newTask()] = delayed('broken', ['later']);
    await put([task]);
    const { counts } = await report();
    expect(counts).toEqual(NOTHING);
    expect(await read(task)).toMatchObject({
      status: 'Enqueued',
      wakeTime: sweepTime(time.now + 10 * MINUTE_MS),
    });
    await world.register('broken');
    time.now += 10 * MINUTE_MS - 1;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, wokenUp: 1 });
  });

  test('a task of a broken queue expires once its start deadline is over', async () => {
    await registerBroken();
    const [task = newTask()] = delayed('broken', ['overdue']);
    await put([task]);
    time.now = task.startDeadline + 1;
    expect((await report()).counts).toEqual({ ...NOTHING, expired: 1 });
    expect(await read(task)).toMatchObject({ status: 'Expired' });
  });
});

test('a message that SQS refuses within a batch is sent 10 minutes later, and the others are noted as sent', async () => {
  const [taken = '', refused = ''] = idsOfOneShard(2, SHARDS);
  await put(delayed('echo', [taken, refused]));
  const sendSome = vi
    .spyOn(world.queue, 'sendSome')
    .mockImplementationOnce(async (_, messages) => messages.filter(({ task }) => task.taskId === refused));
  const { counts, failureCount } = await report();
  sendSome.mockRestore();
  expect({ counts, failureCount }).toEqual({ counts: { ...NOTHING, wokenUp: 1 }, failureCount: 1 });
  expect(await read({ functionName: 'echo', taskId: taken })).not.toHaveProperty('wakeTime');
  expect(await read({ functionName: 'echo', taskId: refused })).toHaveProperty(
    'wakeTime',
    sweepTime(time.now + 10 * MINUTE_MS),
  );
});

describe('a worker that writes what its role may write', () => {
  test('a row with a wake time that no submit made stops no other function', async () => {
    const key = await submit({ delaySeconds: 3600 });
    await asWorker('stubborn#x', {
      wakeShard: { S: '0' },
      wakeTime: { N: '0' },
      stateShard: { S: 'echo#waiting#0' },
    });
    time.now += 3600_000;
    expect(await sweep()).toEqual({ ...NOTHING, wokenUp: 1 });
    expect(await read(key)).not.toHaveProperty('wakeTime');
  });

  test('an entry in the shard of another function is in none of its lists and counts, and the sweep removes it', async () => {
    const { taskId } = await submit({ functionName: 'stubborn' });
    await asWorker(`stubborn#${taskId}`, { stateShard: { S: 'echo#waiting#0' } });
    const list = () =>
      listTasks(world, {
        functionName: 'echo',
        status: 'Enqueued',
        begin: 0,
        end: 999_999_999_999_999,
        order: 'desc',
        limit: 5,
        includePayload: false,
      });
    expect((await list()).tasks).toEqual([]);
    const [echo] = (await countTasks(world, { prefix: 'echo', limit: 1 })).functions;
    expect(JSON.stringify(echo)).not.toMatch(/"Enqueued":1/);
    time.now += 70_000;
    expect(await sweep()).toEqual({ ...NOTHING, strays: 1 });
    expect(await sweep()).toEqual(NOTHING);
    expect(await read({ functionName: 'stubborn', taskId })).toMatchObject({ status: 'Enqueued' });
  });

  test.each([
    ['waits for its wake time', 'waiting', { status: 'Enqueued', wakeTime: 9e15 }],
    ['seems to be within its first lease', 'running', { status: 'Running', lookFrom: 9e15 }],
    ['seems to have been stopped', 'stopped', { status: 'Stopped' }],
    ['seems to have failed', 'failed', { status: 'Failed' }],
  ])('an entry in the shard of another function that %s is removed as well', async (_, state, fields) => {
    const { taskId } = await submit({ functionName: 'stubborn' });
    const entry = marshall({ stateShard: `echo#${state}#0`, ...fields });
    await asWorker(`stubborn#${taskId}`, entry);
    time.now += 70_000;
    let strays = 0;
    for (let minute = 0; minute < SHARDS && strays === 0; minute += 1) {
      strays += (await sweep()).strays;
      time.now += 60_000;
    }
    expect(strays).toBe(1);
  });

  test('an entry of another function that cannot be removed does not stop the sweep of the shard', async () => {
    const { taskId } = await submit({ functionName: 'stubborn' });
    await asWorker(`stubborn#${taskId}`, { stateShard: { S: 'echo#waiting#0' } });
    const overdue = await submit({ functionName: 'echo', taskId: idsOfOneShard(1, SHARDS)[0] });
    const removal = vi
      .spyOn(SweepRows.prototype, 'removeEntry')
      .mockRejectedValue(new TaskModeError('ServiceUnavailable', 'throttled'));
    time.now += 3_700_000;
    const { counts, failures } = await report();
    removal.mockRestore();
    expect(counts.expired).toBeGreaterThan(0);
    expect(failures.map(({ part }) => part)).toContain('waiting tasks of echo');
    expect(await read(overdue)).toMatchObject({ status: 'Expired' });
  });

  test('numbers that no clock has hide only the tasks of their own function', async () => {
    const [own = newTask()] = delayed('stubborn', ['own']);
    await put([own, ...delayed('echo', ['other'])]);
    await asWorker('stubborn#own', { notBefore: { N: '1e40' }, leaseUntil: { N: '-1e60' } });
    const { counts, failures } = await report();
    expect(counts).toEqual({ ...NOTHING, wokenUp: 1 });
    expect(failures.map(({ part }) => part)).toEqual(['wake times of stubborn']);
  });
});

test('the sweep reads small fields only, of at most 100 rows and in four requests at once', async () => {
  const text = 'x'.repeat(50_000);
  const ended = (taskId: string): Task => ({
    ...newTask({ functionName: 'told', taskId, submitTime: time.now, payload: { text } }),
    status: 'Failed',
    endTime: time.now,
    error: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
    followUp: 'pending',
    wakeTime: time.now,
  });
  await put(idsOfOneShard(250, SHARDS).map(ended));
  let atOnce = 0;
  let mostAtOnce = 0;
  let largest = 0;
  const read = vi.spyOn(SweepRows.prototype, 'read');
  class WatchedRows extends SweepRows {
    override async readAll(keys: Parameters<SweepRows['readAll']>[0]) {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      expect(keys.length).toBeLessThanOrEqual(100);
      const rows = await super.readAll(keys);
      largest = Math.max(largest, ...rows.map((row) => JSON.stringify(row).length));
      atOnce -= 1;
      return rows;
    }
  }
  const rows = new WatchedRows({ client: dynamoDb, tableName: TASK_TABLE });
  expect(await sweep({ rows })).toEqual({ ...NOTHING, followUps: 250 });
  expect(largest).toBeLessThan(1000);
  expect(mostAtOnce).toBeLessThanOrEqual(4);
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});

test('a follow-up queue that takes nothing ends that lane only, and its tasks keep their wake times', async () => {
  const key = await submit({ functionName: 'told' });
  await world.deliver(key);
  await put(delayed('echo', ['woken']));
  time.now += MINUTE_MS;
  const wakeTime = (await read(key))?.wakeTime;
  const followUpQueueUrl = `${world.followUpQueueUrl}-is-gone`;
  const { counts, failures } = await report({ followUpQueueUrl });
  expect(counts).toEqual({ ...NOTHING, wokenUp: 1 });
  expect(failures.map(({ part }) => part)).toEqual(['follow-ups of told']);
  expect((await read(key))?.wakeTime).toBe(wakeTime);
});

test('the kept end of an invocation has its key sent when its wake time comes, and again 10 minutes later', async () => {
  const Item = {
    ...toItem(newTask(), SHARDS),
    ...{ pk: { S: 'told#!i-1' }, timeShard: { S: 'told#0' }, wakeTime: { N: String(sweepTime(time.now)) } },
  };
  const { pk, timeShard, wakeTime } = Item;
  await dynamoDb.send(
    new PutItemCommand({ TableName: TASK_TABLE, Item: { pk, timeShard, wakeTime, ended: { S: '{}' } } }),
  );
  const sent = vi.spyOn(world.queue, 'sendSome');
  expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
  expect(sent.mock.calls.map(([url, [message]]) => [url, message?.task.taskId])).toEqual([
    [world.followUpQueueUrl, '!i-1'],
  ]);
  expect(await sweep()).toEqual(NOTHING);
  time.now += 10 * MINUTE_MS;
  expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
  sent.mockRestore();
});

describe('a task between two attempts that no worker takes', () => {
  const retrying = async () => {
    const key = await submit({ functionName: 'stubborn' });
    const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
    await world.deliver(key, async () => ({ isSuccess: false, failure }));
    return { key, task: await read(key) };
  };

  test('a Retrying task fails with its last error 7 days after its back-off, also when its function is paused', async () => {
    await world.register('stubborn', {
      deadLetterQueueUrl: queueUrl.replace('/echo', '/stubborn-dead'),
      runtimeConcurrency: { tasksAtOnce: 0, changedTime: time.now, revision: 'r' },
      defaults: { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 },
    });
    world.eventSource.put({ isEnabled: false });
    const { key, task } = await retrying();
    time.now = (task?.notBefore ?? 0) + 7 * DAY_MS;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, abandoned: 1 });
    expect(await read(key)).toMatchObject({
      status: 'Failed',
      endTime: time.now,
      error: { errorType: 'E', errorMessage: 'm' },
    });
    expect(await sweep()).toEqual(NOTHING);
  });

  test('a Retrying task that fails since no worker took it has its destination notified', async () => {
    await world.register('told', {
      ...world.toldFunction,
      defaults: { ...world.toldFunction.defaults, maxAsyncRetryAttempts: 3 },
    });
    const key = await submit({ functionName: 'told' });
    const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
    await world.deliver(key, async () => ({ isSuccess: false, failure }));
    time.now += 7 * DAY_MS + MINUTE_MS;
    expect(await sweep()).toEqual({ ...NOTHING, abandoned: 1 });
    expect(await read(key)).toMatchObject({ status: 'Failed', followUp: 'pending' });
  });
});

test('a paused function has no wake-up sent again, and its overdue tasks expire', async () => {
  await world.register('echo', {
    runtimeConcurrency: { tasksAtOnce: 0, changedTime: time.now, revision: 'r' },
  });
  world.eventSource.put({ isEnabled: false });
  const key = await submit();
  await world.purge();
  time.now += 30 * MINUTE_MS;
  expect(await sweep()).toEqual(NOTHING);
  time.now += 31 * MINUTE_MS;
  expect(await sweep()).toEqual({ ...NOTHING, expired: 1 });
  expect(await read(key)).toMatchObject({ status: 'Expired' });
});

test('the age of a backlog is that of the task which waits longest, and of none before a minute', async () => {
  await submit();
  time.now += 30_000;
  world.counts.clear();
  await sweep();
  expect(world.counts.valuesOf('echo', 'BacklogAge')).toEqual([]);
  await submit();
  time.now += 5 * MINUTE_MS;
  await sweep();
  expect(world.counts.valuesOf('echo', 'BacklogAge')).toEqual([5 * MINUTE_MS + 30_000]);
  expect(world.counts.valuesOf('stubborn', 'BacklogAge')).toEqual([]);
});

test('an idle run asks for three queries a shard, three more and one look into the dead-letter queue a function', async () => {
  const spies = [vi.spyOn(dynamoDb, 'send'), vi.spyOn(world.sqs, 'send')];
  await sweep();
  const requests = spies.flatMap(({ mock }) => mock.calls.map(([command]) => command.constructor.name));
  for (const spy of spies) spy.mockRestore();
  const functions = (await world.registry.list()).length;
  const count = (name: string) => requests.filter((each) => each === name).length;
  expect(functions).toBe(3);
  expect(count('QueryCommand')).toBe(functions * (3 * SHARDS + 3));
  expect(count('ReceiveMessageCommand')).toBe(functions + 1);
  expect(requests).toHaveLength(count('QueryCommand') + count('ReceiveMessageCommand') + 1);
});
