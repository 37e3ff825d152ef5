import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { WriteOutcome } from '../../lambdas/aws/task-rows.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { FAILURES, taskFailure } from '../../lambdas/domain/failure.ts';
import {
  EVENT_DETAIL_MAX_BYTES,
  EVENTS_KEPT,
  INLINE_PAYLOAD_MAX_BYTES,
  INLINE_RESULT_MAX_BYTES,
} from '../../lambdas/domain/limits.ts';
import type { RunningTask, Task, TaskIn } from '../../lambdas/domain/task.ts';
import { byteLength } from '../../lambdas/domain/text.ts';
import { losingResponses, startEngines, TASK_TABLE } from './engines.ts';
import { newTask, runOf } from './tasks.ts';

const { dynamoDb, endpoints } = await startEngines();
const store = new TaskStore({ client: dynamoDb, tableName: TASK_TABLE, shardCount: 4 });

/** A store on a connection that loses the response to its first call of each named command. */
function unluckyStore(...commands: string[]): TaskStore {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: endpoints.dynamodb, credentials });
  losingResponses(client, ...commands);
  return new TaskStore({ client, tableName: TASK_TABLE, shardCount: 4 });
}

function written<T extends Task>(outcome: WriteOutcome<T>): T {
  if (!outcome.isWritten) throw new Error(`not written: the task is ${outcome.current?.status}`);
  return outcome.task;
}

async function startedTask(overrides: Partial<TaskIn<'Enqueued'>> = {}): Promise<RunningTask> {
  const task = newTask(overrides);
  written(await store.create(task, task.submitTime));
  return written(await store.start(task, runOf(task)));
}

describe('create', () => {
  test('is read back as it was written, at once', async () => {
    const task = newTask();
    written(await store.create(task, task.submitTime));
    expect(await store.get(task, task.submitTime)).toEqual(task);
  });

  test('refuses an id that is taken and leaves the first task untouched', async () => {
    const first = newTask();
    await store.create(first, first.submitTime);
    const outcome = await store.create(
      newTask({ taskId: first.taskId, payload: { text: '2' } }),
      first.submitTime,
    );
    expect(outcome).toEqual({ isWritten: false, current: first });
    expect(await store.get(first, first.submitTime)).toEqual(first);
  });

  test('lets one of twenty at once win', async () => {
    const { taskId } = newTask();
    const tasks = Array.from({ length: 20 }, () => newTask({ taskId }));
    const outcomes = await Promise.all(tasks.map((task) => store.create(task, task.submitTime)));
    expect(outcomes.filter(({ isWritten }) => isWritten)).toHaveLength(1);
  });

  test('knows its own write when the response was lost and the SDK sent it again', async () => {
    const task = newTask();
    expect(await unluckyStore('PutItemCommand').create(task, task.submitTime)).toEqual({
      isWritten: true,
      task,
    });
  });

  test('takes an id again once its ended task is forgotten, not a second before', async () => {
    const started = await startedTask();
    const now = started.submitTime + 1000;
    const error = FAILURES.timedOut(1);
    const fields = { error, endTime: now, expiresAt: Math.ceil(now / 1000) + 60 };
    const ended = written(await store.move(started, 'fail', 'Failed', { now, fields }));
    const again = newTask({ taskId: ended.taskId });
    expect(await store.create(again, ended.expiresAt * 1000 - 1000)).toMatchObject({ isWritten: false });
    expect(await store.create(again, ended.expiresAt * 1000)).toMatchObject({ isWritten: true });
  });

  test('never takes the id of a task that is still unfinished, however old', async () => {
    const { taskId, expiresAt } = await startedTask();
    const outcome = await store.create(newTask({ taskId }), expiresAt * 1000 + 1);
    expect(outcome).toMatchObject({ isWritten: false, current: { status: 'Running' } });
  });
});

describe('get', () => {
  test('hides a task from the second on in which it expires', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    expect(await store.get(task, task.expiresAt * 1000 - 1)).toBeDefined();
    expect(await store.get(task, task.expiresAt * 1000)).toBeUndefined();
  });
});

describe('start', () => {
  test('writes Processed and Running, the attempt, the run and its lease at once', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const run = runOf(task);
    expect(written(await store.start(task, run))).toMatchObject({
      status: 'Running',
      attempt: 1,
      runId: run.runId,
      leaseUntil: run.leaseUntil,
      startTime: run.now,
      payload: task.payload,
      events: [
        { status: 'Enqueued', timestamp: task.submitTime },
        { status: 'Processed', timestamp: run.now },
        { status: 'Running', timestamp: run.now },
      ],
    });
  });

  test('keeps the task through another seven days and the longest age, so that it cannot be forgotten while it runs', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const now = task.startDeadline;
    const started = written(await store.start(task, runOf(task, { now })));
    expect(started.expiresAt).toBe(now / 1000 + 14 * 86_400);
  });

  test('lets one of twenty at once win, and counts one attempt', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.start(task, runOf(task))));
    expect(outcomes.filter(({ isWritten }) => isWritten)).toHaveLength(1);
    expect(await store.get(task, task.submitTime)).toMatchObject({ status: 'Running', attempt: 1 });
  });

  test('knows its own write when the response was lost', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const run = runOf(task);
    const started = written(await unluckyStore('UpdateItemCommand').start(task, run));
    expect(started).toMatchObject({ status: 'Running', attempt: 1, runId: run.runId });
  });

  test.each([
    ['2 s early', 5000, 3000, false],
    ['within the slack of 1 s', 5000, 4000, true],
    ['at its time', 5000, 5000, true],
  ])('%s: starts %s', async (_, delayMs, atMs, isStarted) => {
    const task = newTask({ delayMs });
    await store.create(task, task.submitTime);
    const outcome = await store.start(task, runOf(task, { now: task.submitTime + atMs }));
    expect(outcome.isWritten).toBe(isStarted);
  });

  test('refuses a task that waited longer than its age, and changes nothing', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const outcome = await store.start(task, runOf(task, { now: task.startDeadline + 1 }));
    expect(outcome).toEqual({ isWritten: false, current: task });
  });

  test('finds nothing to start where there is no row', async () => {
    const task = newTask();
    expect(await store.start(task, runOf(task))).toEqual({ isWritten: false, current: undefined });
  });
});

describe('move', () => {
  test('ends a run', async () => {
    const running = await startedTask();
    const fields = { result: { text: '1' }, endTime: 5, leaseUntil: undefined };
    const ended = written(await store.move(running, 'succeed', 'Succeeded', { now: 5, fields }));
    expect(ended).toMatchObject({ status: 'Succeeded', result: { text: '1' }, endTime: 5 });
    expect(ended).not.toHaveProperty('leaseUntil');
    expect(ended.events.at(-1)).toEqual({ status: 'Succeeded', timestamp: 5 });
  });

  test('knows its own write when the response was lost', async () => {
    const running = await startedTask();
    const change = { now: 5, fields: { endTime: 5, error: FAILURES.timedOut(1) } };
    const outcome = await unluckyStore('UpdateItemCommand').move(running, 'fail', 'Failed', change);
    expect(written(outcome).events.filter(({ status }) => status === 'Failed')).toHaveLength(1);
  });

  test('refuses a run that another has overtaken, and changes nothing', async () => {
    const late = await startedTask();
    const handedBack = written(
      await store.move(late, 'handBack', 'Enqueued', { now: 5, fields: { attempt: 0 } }),
    );
    const current = written(await store.start(handedBack, runOf(handedBack)));
    for (const [event, to] of [
      ['succeed', 'Succeeded'],
      ['fail', 'Failed'],
      ['handBack', 'Enqueued'],
    ] as const) {
      // As its process has it: another than the one that this test hands back.
      const outcome = await store.move({ ...late }, event, to, {
        now: 6,
        fields: { result: { text: 'late' } },
      });
      expect(outcome).toEqual({ isWritten: false, current });
    }
    expect(await store.get(late, 6)).toEqual(current);
  });

  test('refuses a run of an earlier task under the same id, and changes nothing', async () => {
    const late = await startedTask();
    const now = late.submitTime;
    written(
      await store.move(late, 'fail', 'Failed', {
        now,
        fields: { error: FAILURES.timedOut(1), endTime: now, expiresAt: 1 },
      }),
    );
    const next = newTask({ taskId: late.taskId });
    written(await store.create(next, now));
    const current = written(await store.start(next, runOf(next)));
    const outcome = await store.move(late, 'succeed', 'Succeeded', {
      now,
      fields: { result: { text: '0' } },
    });
    expect(outcome).toEqual({ isWritten: false, current });
    expect(await store.get(late, now)).toEqual(current);
  });

  test('ends the task whose row is as large as one can be', async () => {
    const long = (bytes: number) => 'x'.repeat(bytes);
    const event = { status: 'Retrying', timestamp: 1, eventDetail: long(EVENT_DETAIL_MAX_BYTES) } as const;
    const running = await startedTask({
      taskId: long(128),
      requestId: long(128),
      caller: long(2048),
      payload: { text: long(INLINE_PAYLOAD_MAX_BYTES) },
      events: Array.from({ length: EVENTS_KEPT.first + EVENTS_KEPT.last }, () => event),
      config: {
        maxAsyncRetryAttempts: 8,
        maxAsyncEventAgeInSeconds: 604_800,
        destinations: { onSuccess: long(2048), onFailure: long(2048) },
      },
    });
    const error = taskFailure('HandledInvocationError', long(9999), long(9999), { stack: long(9999) });
    const fields = { endTime: 5, error, result: { text: long(INLINE_RESULT_MAX_BYTES) } };
    const change = { now: 5, eventDetail: event.eventDetail, fields };
    const ended = written(await store.move(running, 'succeed', 'Succeeded', change));
    expect(ended.droppedEvents).toBe(3);
    // DynamoDB takes items of up to 400 KB.
    expect(byteLength(JSON.stringify(ended))).toBeLessThan(100_000);
  });

  test('refuses what the lifecycle does not allow', async () => {
    const running = await startedTask();
    const ended = written(
      await store.move(running, 'fail', 'Failed', {
        now: 5,
        fields: { error: FAILURES.timedOut(1), endTime: 5 },
      }),
    );
    for (const [event, to] of [
      ['stop', 'Stopped'],
      ['stop', 'Stopping'],
      ['expire', 'Expired'],
    ] as const) {
      expect(await store.move(ended, event, to, { now: 6 })).toEqual({ isWritten: false, current: ended });
    }
  });
});

describe('attach', () => {
  const attachment = (token: string) => ({
    waiter: { token, executionId: 'arn:e', waitFor: 'task' as const },
    startDeadline: 5,
  });

  test('has a state wait, counts up the version, and leaves the rest of the row', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    expect(await store.attach(task, attachment('t1'))).toBe(true);
    expect(await store.get(task, task.submitTime)).toEqual({ ...task, ...attachment('t1'), version: 1 });
  });

  test('lets one of two states wait that read the same row', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const attached = await Promise.all(['t1', 't2'].map((token) => store.attach(task, attachment(token))));
    expect(attached.toSorted()).toEqual([false, true]);
  });

  test('leaves a row alone that has moved since it was read', async () => {
    const task = newTask();
    await store.create(task, task.submitTime);
    const stopped = written(await store.move(task, 'stop', 'Stopped', { now: 6 }));
    expect(await store.attach(task, attachment('t1'))).toBe(false);
    expect(await store.get(task, task.submitTime)).toEqual(stopped);
  });
});

describe('the version of a row', () => {
  test('refuses what was decided on an older history, though the status is the same again', async () => {
    const asRead = newTask();
    await store.create(asRead, asRead.submitTime);
    const running = written(await store.start(asRead, runOf(asRead)));
    const current = written(
      await store.move(running, 'handBack', 'Enqueued', { now: 5, fields: { attempt: 0 } }),
    );
    expect(await store.move(asRead, 'stop', 'Stopped', { now: 6 })).toEqual({ isWritten: false, current });
  });

  test('a run that starts from Retrying is one event, from Enqueued two', async () => {
    const running = await startedTask();
    const retrying = written(
      await store.move(running, 'retry', 'Retrying', { now: 5, fields: { notBefore: 5 } }),
    );
    expect(await store.start(retrying, runOf(retrying))).toMatchObject({ isWritten: false });
    const again = written(await store.start(retrying, runOf(retrying), 'Retrying'));
    expect(again.events.map(({ status }) => status)).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Retrying',
      'Running',
    ]);
  });
});
