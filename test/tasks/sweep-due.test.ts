import { describe, expect, test, vi } from 'vitest';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { newTask } from '../aws/tasks.ts';
import { idsOfOneShard, NOTHING, startSweepWorld } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startSweepWorld();
const { submit, read, messages, sweep, time } = world;

const DAY = 86_400;
const MINUTE_MS = 60_000;
const NO_MESSAGES = { visible: 0, delayed: 0, inFlight: 0 };
const ONE_DELAYED = { visible: 0, delayed: 1, inFlight: 0 };

/** What is sent, and with which delay in seconds. */
function spyOnSends() {
  const spy = vi.spyOn(world.queue, 'sendSome');
  return () =>
    spy.mock.calls.flatMap(([, messages]) =>
      messages.map(({ task: { taskId }, delaySeconds }) => ({ taskId, seconds: delaySeconds })),
    );
}

describe('a task that is due later than a message can be delayed', () => {
  test('is not sent by its submit, and its row says when it is to be woken up', async () => {
    const key = await submit({ delaySeconds: 7 * DAY });
    expect(await messages()).toEqual(NO_MESSAGES);
    expect(await read(key)).toMatchObject({
      status: 'Enqueued',
      wakeTime: time.now + 7 * DAY * 1000,
      dueTime: time.now + 7 * DAY * 1000,
    });
  });

  test('of 901 s is one, of 900 s is none', async () => {
    expect(await read(await submit({ delaySeconds: 901 }))).toHaveProperty('wakeTime');
    expect(await read(await submit({ delaySeconds: 900 }))).not.toHaveProperty('wakeTime');
    expect(await messages()).toEqual(ONE_DELAYED);
  });

  test('refuses a second submit of its id, which sends nothing', async () => {
    const { taskId } = await submit({ delaySeconds: DAY });
    await expect(submit({ taskId })).rejects.toMatchObject({ code: 'AsyncTaskAlreadyExists' });
    expect(await messages()).toEqual(NO_MESSAGES);
  });

  test('is woken up to the second, 14 minutes ahead and no earlier', async () => {
    const key = await submit({ delaySeconds: 7 * DAY });
    const { dueTime = 0 } = (await read(key)) ?? {};
    time.now = dueTime - 14 * MINUTE_MS - 1;
    expect(await sweep()).toEqual(NOTHING);
    expect(await messages()).toEqual(NO_MESSAGES);
    time.now = dueTime - 13 * MINUTE_MS - 200;
    const sent = spyOnSends();
    expect(await sweep()).toEqual({ ...NOTHING, wokenUp: 1 });
    expect(sent()).toEqual([{ taskId: key.taskId, seconds: 13 * 60 + 1 }]);
    expect(await messages()).toEqual(ONE_DELAYED);
    expect(await read(key)).not.toHaveProperty('wakeTime');
    time.now += MINUTE_MS;
    expect(await sweep()).toEqual(NOTHING);
    expect(await messages()).toEqual(ONE_DELAYED);
  });

  test('runs when its message comes, and leaves nothing behind', async () => {
    const key = await submit({ delaySeconds: DAY });
    time.now += DAY * 1000;
    await world.deliver(key);
    expect(await read(key)).toMatchObject({ status: 'Succeeded' });
    expect(await read(key)).not.toHaveProperty('wakeTime');
    expect(await sweep()).toEqual(NOTHING);
  });

  test('that was stopped is never woken up', async () => {
    const key = await submit({ delaySeconds: DAY });
    await stopTask(world, key);
    expect(await read(key)).toMatchObject({ status: 'Stopped' });
    expect(await read(key)).not.toHaveProperty('wakeTime');
    time.now += DAY * 1000;
    expect(await sweep()).toEqual(NOTHING);
    expect(await messages()).toEqual(NO_MESSAGES);
  });

  test('whose function was removed becomes Invalid', async () => {
    await world.register('leaving');
    const key = await submit({ functionName: 'leaving', delaySeconds: DAY });
    await world.register('leaving', { isDeleted: true });
    expect(await sweep()).toEqual({ ...NOTHING, invalid: 1 });
    expect(await read(key)).toMatchObject({ status: 'Invalid', endTime: time.now });
    expect(await read(key)).not.toHaveProperty('wakeTime');
    expect(await messages()).toEqual(NO_MESSAGES);
  });
});

describe('a sweep', () => {
  test('runs the task once when the sweep dies after sending but before removing the wake time', async () => {
    const key = await submit({ delaySeconds: 901 });
    time.now += 2 * MINUTE_MS;
    class DyingRows extends SweepRows {
      override async noteWakeTime(): Promise<boolean> {
        throw new TaskModeError('ServiceUnavailable', 'died');
      }
    }
    const rows = new DyingRows({ client: world.dynamoDb, tableName: TASK_TABLE });
    const { failureCount, counts } = await world.report({ rows });
    expect({ failureCount, counts }).toEqual({ failureCount: 1, counts: NOTHING });
    expect(await read(key)).toHaveProperty('wakeTime');
    expect(await sweep()).toEqual({ ...NOTHING, wokenUp: 1 });
    expect(await messages()).toEqual({ ...NO_MESSAGES, delayed: 2 });
    time.now += 15 * MINUTE_MS;
    const attempt = vi.fn(async () => ({ isSuccess: true as const, resultText: '1' }));
    await world.deliver(key, attempt);
    await world.deliver(key, attempt);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('that runs twice at once does no harm', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => submit({ delaySeconds: 901 })));
    time.now += 2 * MINUTE_MS;
    await Promise.all([sweep(), sweep()]);
    for (const key of keys) expect(await read(key)).not.toHaveProperty('wakeTime');
    const { delayed } = await messages();
    expect(delayed).toBeGreaterThanOrEqual(20);
    expect(delayed).toBeLessThanOrEqual(40);
    expect(await sweep()).toEqual(NOTHING);
  });

  test('reads on while a shard has more than a page', async () => {
    const dueTime = time.now + 5 * MINUTE_MS;
    const tasks = idsOfOneShard(310, SHARDS).map((taskId) =>
      newTask({ taskId, submitTime: time.now, dueTime, notBefore: dueTime, wakeTime: dueTime }),
    );
    await world.put(tasks);
    expect(await sweep()).toEqual({ ...NOTHING, wokenUp: 310 });
    expect(await sweep()).toEqual(NOTHING);
  });
});
