import { beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../../lambdas/domain/failure.ts';
import { handBackDetailOf, type TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { expireTask } from '../../lambdas/tasks/end-waiting.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { submit, deliver, read, messages, purge, time } = world;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOUR_AGE = { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 };

beforeEach(async () => {
  await purge();
  world.random.value = 0.5;
});

const throttled = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  isHandedBack: true,
  cause: Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' }),
});

const failed = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  failure: failureOf('HandledInvocationError', new Error('no')),
});

const statuses = async (key: TaskKey) => (await read(key))?.events.map(({ status }) => status);

/** Hands a task back until it is ended or `untilTime` has come, each time when it is due. */
async function handBackUntil(key: TaskKey, untilTime: number): Promise<number> {
  for (let times = 0; ; times += 1) {
    const task = await read(key);
    if (!task || 'endTime' in task || time.now > untilTime) return times;
    time.now = Math.max(task.notBefore, time.now);
    await deliver(key, throttled);
  }
}

describe('a hand-back', () => {
  test('waits a quarter of the time since the first one in a row, between 5 seconds and 15 minutes', async () => {
    world.random.value = 1;
    await world.register('aged', { defaults: { ...HOUR_AGE, maxAsyncEventAgeInSeconds: 604_800 } });
    const key = await submit({ functionName: 'aged' });
    const first = time.now;
    for (const [sinceMs, waitMs] of [
      [0, 5000],
      [10_000, 5000],
      [MINUTE_MS, 15_000],
      [20 * MINUTE_MS, 5 * MINUTE_MS],
      [2 * 60 * MINUTE_MS, 15 * MINUTE_MS],
      [2 * DAY_MS, 15 * MINUTE_MS],
    ] as const) {
      time.now = first + sinceMs;
      await deliver(key, throttled);
      expect((await read(key))?.notBefore).toBe(time.now + waitMs);
    }
  });

  test('sends one fresh wake-up for the wait and counts no attempt', async () => {
    const key = await submit();
    await purge();
    await deliver(key, throttled);
    expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
    expect(await read(key)).toMatchObject({ status: 'Enqueued', attempt: 0, handBacks: 1 });
  });

  test('jitters the wait to between a half and the whole of it', async () => {
    const waits: number[] = [];
    for (const random of [0, 0.999]) {
      world.random.value = random;
      const key = await submit();
      await deliver(key, throttled);
      waits.push(((await read(key))?.notBefore ?? 0) - time.now);
    }
    expect(waits).toEqual([2500, 4998]);
  });

  test('waits no longer than half of the heartbeat that a waiting state wants, and gives that state one', async () => {
    const beat = vi.fn(async (_: string) => true);
    const waiter = { token: 'token-1', executionId: 'arn:e', waitFor: 'task' as const, heartbeatSeconds: 60 };
    const key = await submit({ waiter });
    world.random.value = 1;
    const deps = Object.assign(world.runDependencies(throttled), { waiters: { heartbeat: beat } as never });
    const run = () =>
      runTask(deps, {
        key,
        tenant: 't',
        receiptHandle: 'none',
        runId: crypto.randomUUID(),
        invocationEndTime: time.now + 70_000,
      });
    await run();
    time.now += 20 * MINUTE_MS;
    await run();
    expect((await read(key))?.notBefore).toBe(time.now + 30_000);
    expect(beat.mock.calls).toEqual([['token-1'], ['token-1']]);
  });

  test('folds the runs that were handed back in a row into one event with their count and the last cause', async () => {
    await world.register('aged', { defaults: { ...HOUR_AGE, maxAsyncEventAgeInSeconds: 604_800 } });
    const key = await submit({ functionName: 'aged' });
    const first = time.now;
    for (let n = 0; n < 120; n += 1) {
      await deliver(key, throttled);
      time.now = (await read(key))?.notBefore ?? 0;
    }
    const task = await read(key);
    expect(await statuses(key)).toEqual(['Enqueued', 'Enqueued']);
    expect(task?.events.flatMap((event) => handBackDetailOf(event) ?? [])).toEqual([
      {
        handBacks: 120,
        firstTime: first,
        startTime: expect.any(Number),
        cause: 'TooManyRequestsException',
      },
    ]);
    await deliver(key, succeed);
    expect(await statuses(key)).toEqual(['Enqueued', 'Enqueued', 'Processed', 'Running', 'Succeeded']);
  });

  test('after a failed attempt leaves the task Retrying, and the failure in its history', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await deliver(key, failed);
    time.now += MINUTE_MS;
    for (let n = 0; n < 3; n += 1) {
      await deliver(key, throttled);
      time.now += MINUTE_MS;
    }
    expect(await statuses(key)).toEqual(['Enqueued', 'Processed', 'Running', 'Retrying', 'Retrying']);
    expect(await read(key)).toMatchObject({ status: 'Retrying', attempt: 1, handBacks: 3 });
  });

  test('starts afresh after a counted attempt', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await deliver(key, throttled);
    time.now += 30 * MINUTE_MS;
    await deliver(key, failed);
    expect(await read(key)).not.toHaveProperty('handBacks');
    expect(await read(key)).not.toHaveProperty('handedBackTime');
    time.now += MINUTE_MS;
    await deliver(key, throttled);
    expect(await read(key)).toMatchObject({ handBacks: 1, handedBackTime: time.now });
  });
});

describe('a task that cannot be run for long', () => {
  test('fails after its event age, with the last cause, at a bounded number of tries', async () => {
    const key = await submit({ functionName: 'stubborn' });
    const begin = time.now;
    const times = await handBackUntil(key, begin + DAY_MS);
    expect(await read(key)).toMatchObject({
      status: 'Failed',
      error: {
        errorType: 'Task.NotRun',
        errorMessage: expect.stringMatching(/could not be run for \d+ minutes: TooManyRequestsException/),
      },
    });
    expect(time.now - begin).toBeGreaterThan(60 * MINUTE_MS);
    expect(time.now - begin).toBeLessThan(80 * MINUTE_MS);
    expect(times).toBeLessThan(60);
  });

  test('is not Failed before 15 minutes, however short its event age', async () => {
    await world.register('young', { defaults: { ...HOUR_AGE, maxAsyncEventAgeInSeconds: 1 } });
    const key = await submit({ functionName: 'young' });
    const begin = time.now;
    await handBackUntil(key, begin + DAY_MS);
    expect(await read(key)).toMatchObject({ status: 'Failed' });
    expect(time.now - begin).toBeGreaterThan(15 * MINUTE_MS);
  });

  test('costs a day of throttling no more than 160 tries and one event', async () => {
    await world.register('aged', { defaults: { ...HOUR_AGE, maxAsyncEventAgeInSeconds: 604_800 } });
    const key = await submit({ functionName: 'aged' });
    world.random.value = 0.5;
    const times = await handBackUntil(key, time.now + DAY_MS);
    expect(times).toBeLessThanOrEqual(160);
    expect(await statuses(key)).toEqual(['Enqueued', 'Enqueued']);
  });

  test('never expires, for it was started in time', async () => {
    await world.register('short', { defaults: { ...HOUR_AGE, maxAsyncEventAgeInSeconds: 60 } });
    const key = await submit({ functionName: 'short' });
    await deliver(key, async () => {
      time.now += 58_000;
      return throttled();
    });
    time.now += 14_000;
    await deliver(key, succeed);
    expect(await read(key)).toMatchObject({ status: 'Succeeded' });
  });

  test('can be redriven, and begins with no hand-backs', async () => {
    const key = await submit({ functionName: 'stubborn' });
    await handBackUntil(key, time.now + DAY_MS);
    await redriveTask(world, key);
    expect(await read(key)).not.toHaveProperty('handBacks');
    await deliver(key, succeed);
    expect(await read(key)).toMatchObject({ status: 'Succeeded', series: 2 });
  });
});

test('a decision that was made before a hand-back is refused, though the history is as long as before', async () => {
  const key = await submit();
  await deliver(key, throttled);
  const stale = await read(key);
  time.now += 10_000;
  await deliver(key, throttled);
  expect((await read(key))?.events.length).toBe(stale?.events.length);
  if (stale?.status !== 'Enqueued') throw new Error('the task is not Enqueued');
  expect(await expireTask(world, stale, time.now)).toBe(false);
  expect(await read(key)).toMatchObject({ status: 'Enqueued', handBacks: 2 });
});

test('an invocation of which too little is left sends the wake-up again and starts nothing', async () => {
  const key = await submit();
  await purge();
  const attempt = vi.fn(succeed);
  const deps = Object.assign(world.runDependencies(attempt), { attemptNeedsMs: 66_000 });
  const delivery = {
    key,
    tenant: 'tenant-1',
    receiptHandle: 'none',
    runId: crypto.randomUUID(),
    invocationEndTime: time.now + 65_999,
  };
  await runTask(deps, delivery);
  expect(attempt).not.toHaveBeenCalled();
  expect(await messages()).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
  expect(await read(key)).toMatchObject({ status: 'Enqueued', attempt: 0 });
  await runTask(deps, { ...delivery, invocationEndTime: time.now + 66_000 });
  expect(attempt).toHaveBeenCalledOnce();
});
