import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ObjectGoneError, PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { failureOf, taskFailure } from '../../lambdas/domain/failure.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome, Delivery } from '../../lambdas/tasks/end-run.ts';
import { getTask } from '../../lambdas/tasks/get-task.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { NonRetryableError } from '../../lambdas/worker/handler.ts';
import { denyingObjects, TASK_TABLE } from '../aws/engines.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { submit, deliver, read, messages, purge, time, log } = world;

beforeEach(async () => {
  await purge();
  log.length = 0;
});

const deliveryOf = (key: TaskKey): Delivery => ({
  key,
  tenant: 'tenant-1',
  receiptHandle: 'none',
  invocationEndTime: time.now + 70_000,
  runId: randomUUID(),
});

const failing = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  failure: taskFailure('HandledInvocationError', 'RangeError', 'too far'),
});

test('runs the code once with the payload and keeps its result', async () => {
  const key = await submit({ payload: '{"a":[1]}' });
  const attempt = vi.fn(async (_, payload: string): Promise<AttemptOutcome> => {
    time.now += 1500;
    return { isSuccess: true, resultText: payload };
  });
  await deliver(key, attempt);
  expect(attempt).toHaveBeenCalledOnce();
  expect(await read(key)).toMatchObject({
    status: 'Succeeded',
    result: { text: '{"a":[1]}' },
    durationMs: 1500,
    attempt: 1,
    events: ['Enqueued', 'Processed', 'Running', 'Succeeded'].map((status) =>
      expect.objectContaining({ status }),
    ),
  });
});

test('the event by which it is taken up has the way of its message, at each attempt', async () => {
  const key = await submit({ functionName: 'stubborn' });
  const arrive = (sentTime: number, attempt: () => Promise<AttemptOutcome>) =>
    runTask(world.runDependencies(attempt), {
      ...deliveryOf(key),
      hops: { sentTime, receivedTime: sentTime + 5 },
    });
  await arrive(1000, failing);
  time.now += 60_000;
  await arrive(2000, async () => ({ isSuccess: true, resultText: '1' }));
  const events = (await read(key))?.events ?? [];
  expect(events.map(({ status, sentTime, receivedTime }) => [status, sentTime, receivedTime])).toEqual([
    ['Enqueued', undefined, undefined],
    ['Processed', 1000, 1005],
    ['Running', undefined, undefined],
    ['Retrying', undefined, undefined],
    ['Running', 2000, 2005],
    ['Succeeded', undefined, undefined],
  ]);
});

test('an ended task is forgotten seven days after its end', async () => {
  const key = await submit();
  await deliver(key);
  expect((await read(key))?.expiresAt).toBe(Math.ceil(time.now / 1000) + 7 * 86_400);
});

test('keeps a failure with its kind, type and message', async () => {
  const key = await submit();
  await deliver(key, failing);
  const task = await read(key);
  expect(task).toMatchObject({
    status: 'Failed',
    error: { kind: 'HandledInvocationError', errorType: 'RangeError', errorMessage: 'too far' },
  });
  expect(JSON.parse(task?.events.at(-1)?.eventDetail ?? '')).toEqual({
    Error: 'HandledInvocationError',
    errorType: 'RangeError',
    errorMessage: 'too far',
  });
  expect(log).toEqual(['failed HandledInvocationError']);
});

test('keeps a large result in S3 under the name of its run', async () => {
  const resultText = JSON.stringify('é'.repeat(50_000));
  const key = await submit({ taskId: 'large-result' });
  await deliver(key, async () => ({ isSuccess: true, resultText }));
  const task = await read(key);
  expect(task).toMatchObject({ result: { objectKey: `results/echo/large-result/${task?.runId}` } });
  expect((await getTask(world, key)).resultText).toBe(resultText);
});

test('fails a result over 1 MiB with its size', async () => {
  const key = await submit();
  await deliver(key, async () => ({ isSuccess: true, resultText: `"${'x'.repeat(1_048_575)}"` }));
  expect(await read(key)).toMatchObject({
    status: 'Failed',
    error: { kind: 'ResponseTooLarge', errorMessage: expect.stringContaining('1048577 bytes') },
  });
});

describe('a wake-up that comes twice', () => {
  test('starts nothing while the task runs, sends nothing, and has served', async () => {
    const key = await submit();
    await purge();
    const second = vi.fn(failing);
    await deliver(key, async () => {
      await deliver(key, second);
      return succeed();
    });
    expect(second).not.toHaveBeenCalled();
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1 });
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  test('after the task ended, does nothing', async () => {
    const key = await submit();
    await deliver(key);
    const ended = await read(key);
    const attempt = vi.fn(succeed);
    await deliver(key, attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(await read(key)).toEqual(ended);
  });

  test('twenty at once run the code once', async () => {
    const key = await submit();
    const attempt = vi.fn(succeed);
    const message = await world.receive();
    await Promise.all(Array.from({ length: 20 }, () => deliver(key, attempt, message?.receiptHandle)));
    expect(attempt).toHaveBeenCalledOnce();
  });
});

describe('a wake-up that comes too early', () => {
  test('sends a fresh one for the rest when a clock may be wrong', async () => {
    const key = await submit({ delaySeconds: 500 });
    await purge();
    time.now += 445_000;
    const attempt = vi.fn(succeed);
    await deliver(key, attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(await read(key)).toMatchObject({ status: 'Enqueued' });
    expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
  });

  test.each([
    ['it is more than a minute early', 500],
    ['the sweep is still to send the right one', 3600],
  ])('has served when %s', async (_, delaySeconds) => {
    const key = await submit({ delaySeconds });
    await purge();
    const attempt = vi.fn(succeed);
    await deliver(key, attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });

  test('has served while the sweep still is to send the right one, though that is due within a minute', async () => {
    const key = await submit({ delaySeconds: 3600 });
    await purge();
    time.now += 3_570_000;
    await deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Enqueued' });
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  });
});

test('a wake-up of a task that does not exist is dropped', async () => {
  await deliver({ functionName: 'echo', taskId: 'nobody' });
  expect(log).toEqual(['row missing']);
});

test('a task that waited longer than its age expires and never runs', async () => {
  const key = await submit();
  time.now += 3_600_001;
  const attempt = vi.fn(succeed);
  await deliver(key, attempt);
  expect(attempt).not.toHaveBeenCalled();
  expect(await read(key)).toMatchObject({ status: 'Expired', endTime: time.now });
});

test('a run whose instance died is ended once its lease is over', async () => {
  const key = await submit();
  await world.store.start(key, {
    runId: 'dead',
    now: time.now,
    leaseUntil: time.now + 70_000,
    instanceId: 'i-1',
  });
  time.now += 75_001;
  await deliver(key);
  expect(await read(key)).toMatchObject({
    status: 'Failed',
    error: { kind: 'UnhandledInvocationError', errorType: 'Runtime.ExitError' },
  });
});

describe('a failed attempt of a task that may be repeated', () => {
  const statuses = async (key: TaskKey) => (await read(key))?.events.map(({ status }) => status);

  test('is Retrying until its back-off is over, and starts no earlier', async () => {
    const key = await submit({ functionName: 'stubborn' });
    const message = await world.receive();
    await deliver(key, failing, message?.receiptHandle);
    expect(await read(key)).toMatchObject({ status: 'Retrying', attempt: 1, notBefore: time.now + 500 });
    time.now += 60_000;
    await deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 2 });
    expect(await read(key)).not.toHaveProperty('error');
    expect(await statuses(key)).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Retrying',
      'Running',
      'Succeeded',
    ]);
  });

  test('fails when no attempt is left, after 1 + 3 attempts', async () => {
    const key = await submit({ functionName: 'stubborn' });
    const attempt = vi.fn(failing);
    for (let delivery = 0; delivery < 10; delivery += 1) {
      await deliver(key, attempt);
      time.now += 900_000;
    }
    expect(attempt).toHaveBeenCalledTimes(4);
    expect(await read(key)).toMatchObject({ status: 'Failed', attempt: 4 });
    expect((await statuses(key))?.filter((status) => status === 'Retrying')).toHaveLength(3);
  });

  test('a duplicate message does not cut the back-off short', async () => {
    const key = await submit({ functionName: 'stubborn' });
    const message = await world.receive();
    world.random.value = 0.999;
    time.now += 1;
    for (const [attempt, backOff] of [
      [1, 999],
      [2, 1998],
      [3, 3996],
    ] as const) {
      await deliver(key, failing, message?.receiptHandle);
      expect(await read(key)).toMatchObject({ attempt, notBefore: time.now + backOff });
      const early = vi.fn(succeed);
      if (backOff > 1000) await deliver(key, early, message?.receiptHandle);
      if (backOff > 1000) expect(early).not.toHaveBeenCalled();
      time.now += backOff;
    }
    world.random.value = 0.5;
  });

  test('is not repeated when the error says that it is final', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await deliver(key, async () => ({
      isSuccess: false,
      failure: failureOf('HandledInvocationError', new NonRetryableError('wrong input')),
    }));
    expect(await read(key)).toMatchObject({
      status: 'Failed',
      attempt: 1,
      error: { errorType: 'NonRetryableError', errorMessage: 'wrong input' },
    });
  });

  test('can be stopped while it waits, and never runs again', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await deliver(key, failing);
    await stopTask(world, key);
    time.now += 60_000;
    const attempt = vi.fn(succeed);
    await deliver(key, attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(await read(key)).toMatchObject({ status: 'Stopped' });
  });

  test('counts an instance that died as one', async () => {
    const key = await submit({ functionName: 'stubborn' });
    const message = await world.receive();
    await world.store.start(key, {
      runId: 'dead',
      now: time.now,
      leaseUntil: time.now + 1000,
      instanceId: 'i-1',
    });
    time.now += 6001;
    await deliver(key, succeed, message?.receiptHandle);
    expect(await read(key)).toMatchObject({
      status: 'Retrying',
      attempt: 1,
      error: { errorType: 'Runtime.ExitError' },
    });
  });

  test('is woken up by a fresh delayed message, so that none is in flight meanwhile', async () => {
    await world.register('patient', {
      defaults: { asyncTask: true, maxAsyncRetryAttempts: 8, maxAsyncEventAgeInSeconds: 3600 },
    });
    const key = await submit({ functionName: 'patient' });
    world.random.value = 0.999;
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await deliver(key, failing);
      time.now += 900_000;
    }
    await purge();
    await deliver(key, failing);
    expect(await read(key)).toMatchObject({ attempt: 8, notBefore: time.now + 127_872 });
    expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
    world.random.value = 0.5;
  });
});

describe('a stop', () => {
  test('of a task that has not started is final: its message runs nothing', async () => {
    const key = await submit();
    await stopTask(world, key);
    expect(await read(key)).toMatchObject({ status: 'Stopped', endTime: time.now });
    const attempt = vi.fn(succeed);
    await deliver(key, attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(await read(key)).toMatchObject({ status: 'Stopped' });
  });

  test.each([
    ['succeeds', succeed],
    ['fails', failing],
  ])(
    'of a task that runs makes it Stopping, and Stopped when its code ends, though it %s',
    async (_, end) => {
      const key = await submit();
      await deliver(key, async () => {
        await stopTask(world, key);
        expect(await read(key)).toMatchObject({ status: 'Stopping' });
        return end();
      });
      const task = await read(key);
      expect(task).toMatchObject({ status: 'Stopped' });
      expect(task).not.toHaveProperty('result');
      expect(task?.events.map(({ status }) => status)).toEqual([
        'Enqueued',
        'Processed',
        'Running',
        'Stopping',
        'Stopped',
      ]);
    },
  );

  test('asked again changes nothing', async () => {
    const key = await submit();
    await stopTask(world, key);
    const stopped = await read(key);
    await stopTask(world, key);
    expect(await read(key)).toEqual(stopped);
  });

  test('of a task that ended otherwise is refused, telling how', async () => {
    const key = await submit();
    await deliver(key);
    const ended = await read(key);
    await expect(stopTask(world, key)).rejects.toMatchObject({
      code: 'AsyncTaskFinished',
      message: expect.stringContaining('with status Succeeded'),
    });
    expect(await read(key)).toEqual(ended);
  });

  test('racing the start of its task leaves it Stopped or Stopping, never running on unasked', async () => {
    for (let round = 0; round < 20; round += 1) {
      const key = await submit();
      await Promise.all([deliver(key), stopTask(world, key).catch(() => undefined)]);
      const task = await read(key);
      expect(['Stopped', 'Succeeded']).toContain(task?.status);
    }
  });

  test('touches exactly one task', async () => {
    const [stopped, neighbour] = [await submit(), await submit()];
    const before = await read(neighbour);
    await stopTask(world, stopped);
    expect(await read(neighbour)).toEqual(before);
  });
});

describe('when AWS fails us', () => {
  class FlakyStore extends TaskStore {
    failures = 0;
    override async move(...args: Parameters<TaskStore['move']>) {
      this.failures -= 1;
      if (this.failures >= 0) throw new TaskModeError('ServiceUnavailable', 'DynamoDB is away');
      return super.move(...args);
    }
  }
  const flaky = new FlakyStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: 4 });

  test('the end of a run is written again until it takes', async () => {
    const key = await submit();
    flaky.failures = 3;
    const wakeUp = deliveryOf(key);
    await runTask({ ...world.runDependencies(succeed), store: flaky }, wakeUp);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1 });
  });

  test('a run whose end never takes keeps its message, and is Running until its lease is over', async () => {
    const key = await submit();
    flaky.failures = 1000;
    const wakeUp = deliveryOf(key);
    const run = runTask({ ...world.runDependencies(succeed), store: flaky }, wakeUp);
    await expect(run).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    expect(await read(key)).toMatchObject({ status: 'Running' });
    expect(time.now).toBeLessThanOrEqual(wakeUp.invocationEndTime);
  });

  test('a payload that cannot be read hands the task back, and the attempt does not count', async () => {
    const key = await submit({ payload: JSON.stringify('x'.repeat(5000)) });
    const away = new (class extends PayloadStore {
      override async read(): Promise<string> {
        throw new TaskModeError('ServiceUnavailable', 'S3 is away');
      }
    })({ bucketName: 'none' });
    const deps = { ...world.runDependencies(succeed), payloads: away };
    await runTask(deps, deliveryOf(key));
    // 5 s, of which jitter takes up to a half.
    expect(await read(key)).toMatchObject({ status: 'Enqueued', attempt: 0, notBefore: time.now + 3750 });
    time.now += 5000;
    await deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1 });
  });

  test('a payload that S3 denies access to hands its task back, which runs when access is back', async () => {
    const key = await submit({ payload: JSON.stringify('x'.repeat(5000)) });
    const denied = await denyingObjects();
    await deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Enqueued', attempt: 0 });
    denied.mockRestore();
    time.now += 5000;
    await deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', attempt: 1 });
  });

  test('a payload that is gone fails the task by name', async () => {
    const key = await submit({ payload: JSON.stringify('x'.repeat(5000)) });
    const gone = new (class extends PayloadStore {
      override async read(): Promise<string> {
        throw new ObjectGoneError('gone');
      }
    })({ bucketName: 'none' });
    const wakeUp = deliveryOf(key);
    await runTask({ ...world.runDependencies(succeed), payloads: gone }, wakeUp);
    expect(await read(key)).toMatchObject({ status: 'Failed', error: { kind: 'PayloadExpired' } });
  });
});

test('a late run changes nothing, and its result is removed', async () => {
  const key = await submit({ taskId: 'late' });
  const resultText = JSON.stringify('x'.repeat(5000));
  await deliver(key, async () => {
    // Its lease ends while the code still runs: another delivery takes the run for dead.
    time.now += 75_001;
    await deliver(key, failing);
    return { isSuccess: true, resultText };
  });
  const task = await read(key);
  expect(task).toMatchObject({ status: 'Failed', error: { errorType: 'Runtime.ExitError' } });
  expect(log).toContain('superseded Failed');
  const written = { objectKey: `results/echo/late/${task?.runId}` };
  const owner = { functionName: 'echo', taskId: 'late', since: time.now };
  await expect(world.payloads.read(written, owner)).rejects.toThrow('does not exist');
});
