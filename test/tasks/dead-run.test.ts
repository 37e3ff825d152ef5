import { expect, test, vi } from 'vitest';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { endDeadRun, endKilledRun, untilWritten } from '../../lambdas/tasks/end-run.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { submit, deliver, read, time, store } = world;

const deadRunsOf = (attempt = succeed) => world.runDependencies(attempt);

async function running(key: TaskKey) {
  const task = await read(key);
  if (task?.status !== 'Running') throw new Error(`the task is ${task?.status}`);
  return task;
}

test('a run that has given a heartbeat since its row was read is not ended as dead', async () => {
  const key = await submit({ functionName: 'stubborn' });
  const second = vi.fn(succeed);
  await deliver(key, async () => {
    const { runId } = await running(key);
    await store.extendLease(key, runId, { now: time.now, leaseUntil: time.now - 6000 });
    const stale = await running(key);
    // DynamoDB is back: the heartbeat is there before whoever has read the row acts on it.
    await store.extendLease(key, runId, { now: time.now, leaseUntil: time.now + 60_000 });
    await endDeadRun(deadRunsOf(), stale, { key, invocationEndTime: time.now });
    await deliver(key, second);
    return { isSuccess: true, resultText: '"first"' };
  });
  expect(second).not.toHaveBeenCalled();
  expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1, result: { text: '"first"' } });
});

test('two finders of one dead run end it once', async () => {
  const key = await submit({ functionName: 'stubborn' });
  await store.start(key, { runId: 'dead', now: time.now, leaseUntil: time.now, instanceId: 'i-1' });
  time.now += 5001;
  await Promise.all([deliver(key), deliver(key)]);
  const task = await read(key);
  expect(task?.events.filter(({ status }) => status === 'Retrying')).toHaveLength(1);
  expect(task).toMatchObject({ status: 'Retrying', attempt: 1 });
});

test('a run is not dead within five seconds after its lease, for clocks differ', async () => {
  const key = await submit({ functionName: 'stubborn' });
  await store.start(key, { runId: 'alive', now: time.now, leaseUntil: time.now, instanceId: 'i-1' });
  time.now += 5000;
  await deliver(key);
  expect(await read(key)).toMatchObject({ status: 'Running', runId: 'alive' });
});

test('a stop that arrives between read and write of a timed-out kill is completed as killed', async () => {
  const key = await submit();
  await store.start(key, { runId: 'run-1', now: time.now, leaseUntil: time.now + 70_000, instanceId: 'i-1' });
  const asRead = await running(key);
  await stopTask(world, key);
  const deps = Object.assign(deadRunsOf(), { stopEnd: 'killed' });
  await endKilledRun(deps, asRead, 60, { key, invocationEndTime: time.now + 70_000 });
  const task = await read(key);
  expect(task).toMatchObject({ status: 'Stopped' });
  expect(JSON.parse(task?.events.at(-1)?.eventDetail ?? '{}')).toMatchObject({ endedBy: 'killed' });
});

test('a hand-back is written and sent before it is logged, so that a log that fails loses neither', async () => {
  const key = await submit();
  await world.purge();
  const deps = world.runDependencies(async () => ({ isSuccess: false, isHandedBack: true, cause: 'away' }));
  const log = {
    ...deps.log,
    handedBack: () => {
      throw new Error('the pipe is full');
    },
  };
  const delivery = {
    key,
    tenant: 'tenant-1',
    receiptHandle: 'none',
    runId: 'run-1',
    invocationEndTime: time.now + 70_000,
  };
  await runTask(Object.assign(deps, { log }), delivery).catch(() => undefined);
  expect(await read(key)).toMatchObject({ status: 'Enqueued', handBacks: 1 });
  expect(await world.messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
});

test('the end of a run is written over the row of a workflow that began to wait for it meanwhile', async () => {
  const key = await submit();
  const waiter = { token: 'token-1', executionId: 'arn:e', waitFor: 'task' as const };
  await deliver(key, async () => {
    const task = await running(key);
    expect(await store.attach(task, { waiter, startDeadline: task.startDeadline })).toBe(true);
    return succeed();
  });
  expect(await read(key)).toMatchObject({ status: 'Succeeded', waiter, followUp: 'pending' });
});

test('a task of the form without a version runs, is stopped and is counted from then on', async () => {
  const key = await submit();
  const { UpdateItemCommand } = await import('@aws-sdk/client-dynamodb');
  await world.dynamoDb.send(
    new UpdateItemCommand({
      TableName: 'tasks',
      Key: { pk: { S: `echo#${key.taskId}` } },
      UpdateExpression: 'REMOVE version',
    }),
  );
  const old = await read(key);
  expect(old).not.toHaveProperty('version');
  await deliver(key, async () => {
    expect(await running(key)).toMatchObject({ version: 1 });
    return succeed();
  });
  expect(await read(key)).toMatchObject({ status: 'Succeeded', version: 2 });
});

test('a call that AWS refuses for good is not repeated until the invocation ends', async () => {
  const begin = time.now;
  const call = vi.fn(async () => {
    throw new TaskModeError('InternalServerError', 'ValidationException');
  });
  const pause = async (milliseconds: number) => {
    time.now += milliseconds;
  };
  const writing = untilWritten({ clock: world.clock, pause }, { invocationEndTime: begin + 900_000 }, call);
  await expect(writing).rejects.toThrow('ValidationException');
  expect(time.now - begin).toBeLessThanOrEqual(10_000);
});
