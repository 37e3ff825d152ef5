import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { deliverFollowUp } from '../../lambdas/tasks/deliver-follow-up.ts';
import { type AttemptOutcome, endKilledRun } from '../../lambdas/tasks/end-run.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startFollowUpWorld } from './follow-up-world.ts';
import { NOTHING } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startFollowUpWorld();
const { deliver, deliverAll, deliverDependencies, handedOver, read, sweep, time, told } = world;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const AGED_MS = HOUR_MS + 1;

const submit = (request: object = {}) => world.submit({ functionName: 'told', ...request });

const failing = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  failure: taskFailure('HandledInvocationError', 'RangeError', 'too far'),
});

/** A task that some other process has begun to run. */
async function running(): Promise<TaskKey> {
  const key = await submit();
  const run = { runId: 'run-1', now: time.now, leaseUntil: time.now + MINUTE_MS, instanceId: 'i' };
  await world.store.start(key, run);
  return key;
}

/** Writes the end of a run as the supervisor does that has killed it. */
async function killed(key: TaskKey): Promise<void> {
  const task = await read(key);
  if (task?.status !== 'Running' && task?.status !== 'Stopping') throw new Error('does not run');
  const wakeUp = { key, receiptHandle: 'none', invocationEndTime: time.now };
  await endKilledRun(world.runDependencies(failing), task, 60, wakeUp);
}

/** SQS does not take what is sent to the follow-up queue. */
function losingHandOvers() {
  const { send } = world.queue;
  return vi.spyOn(world.queue, 'send').mockImplementation(async (queueUrl, ...rest) => {
    if (queueUrl !== world.followUpQueueUrl) return send.call(world.queue, queueUrl, ...rest);
    throw new TaskModeError('ServiceUnavailable', 'SQS is away');
  });
}

describe('whoever ends a task', () => {
  const ENDINGS: [string, string, 'told-success' | 'told-failure', () => Promise<TaskKey>][] = [
    [
      'the worker whose code succeeded',
      'Succeeded',
      'told-success',
      async () => {
        const key = await submit();
        await deliver(key);
        return key;
      },
    ],
    [
      'the worker whose code failed',
      'Failed',
      'told-failure',
      async () => {
        const key = await submit();
        await deliver(key, failing);
        return key;
      },
    ],
    [
      'the worker that comes too late',
      'Expired',
      'told-failure',
      async () => {
        const key = await submit();
        time.now += AGED_MS;
        await deliver(key);
        return key;
      },
    ],
    [
      'the worker that finds a dead run',
      'Failed',
      'told-failure',
      async () => {
        const key = await running();
        time.now += 2 * MINUTE_MS;
        await deliver(key);
        return key;
      },
    ],
    [
      'the supervisor that killed its run',
      'Failed',
      'told-failure',
      async () => {
        const key = await running();
        await killed(key);
        return key;
      },
    ],
    [
      'the sweep that finds a dead run',
      'Failed',
      'told-failure',
      async () => {
        const key = await running();
        time.now += 2 * MINUTE_MS;
        expect(await sweep()).toEqual({ ...NOTHING, deadRuns: 1 });
        return key;
      },
    ],
    [
      'the sweep that finds it overdue',
      'Expired',
      'told-failure',
      async () => {
        const key = await submit();
        time.now += AGED_MS;
        expect(await sweep()).toEqual({ ...NOTHING, expired: 1 });
        return key;
      },
    ],
    [
      'the sweep that finds its function removed',
      'Invalid',
      'told-failure',
      async () => {
        const key = await submit();
        await world.register('told', { ...world.toldFunction, isDeleted: true });
        expect(await sweep()).toEqual({ ...NOTHING, invalid: 1 });
        return key;
      },
    ],
    [
      'the sweep that finds a delayed one of a removed function',
      'Invalid',
      'told-failure',
      async () => {
        const key = await submit({ delaySeconds: 901 });
        await world.register('told', { ...world.toldFunction, isDeleted: true });
        time.now += 2 * MINUTE_MS;
        expect(await sweep()).toMatchObject({ invalid: 1 });
        return key;
      },
    ],
  ];

  test.each(ENDINGS)('marks it and hands it over: %s (%s)', async (_, status, destination, end) => {
    const key = await end();
    expect(await read(key)).toMatchObject({ status, followUp: 'pending', wakeTime: expect.any(Number) });
    await deliverAll();
    const [message, ...more] = await told(destination);
    expect(message?.body.requestContext).toMatchObject({ taskId: key.taskId, status });
    expect(more).toEqual([]);
    const after = await read(key);
    expect(after).toMatchObject({ status });
    expect(after).not.toHaveProperty('followUp');
    expect(after).not.toHaveProperty('wakeTime');
    expect([...(await told('told-success')), ...(await told('told-failure'))]).toEqual([]);
    time.now += HOUR_MS;
    expect(await sweep()).toEqual(NOTHING);
  });

  test.each([
    ['before it ran', async (key: TaskKey) => stopTask(world, key)],
    [
      'while it ran',
      async (key: TaskKey) => {
        await deliver(key, async () => {
          await stopTask(world, key);
          return { isSuccess: true, resultText: '1' };
        });
      },
    ],
  ])('by a stop, %s, tells nobody', async (_, stop) => {
    const key = await submit();
    await stop(key);
    const task = await read(key);
    expect(task).toMatchObject({ status: 'Stopped' });
    expect(task).not.toHaveProperty('followUp');
    expect(task).not.toHaveProperty('wakeTime');
    expect(await handedOver()).toEqual([]);
  });

  test('without a destination for that end marks nothing and sends nothing', async () => {
    const key = await world.submit();
    await deliver(key);
    expect(await read(key)).not.toHaveProperty('followUp');
    expect(await read(key)).not.toHaveProperty('wakeTime');
    expect(await handedOver()).toEqual([]);
  });

  test('does so by the configuration that the task was submitted under', async () => {
    const key = await submit();
    await world.register('told');
    await deliver(key);
    expect(await read(key)).toMatchObject({ followUp: 'pending' });
  });

  test('marks no task that is to be tried again', async () => {
    const config = { maxAsyncRetryAttempts: 1, maxAsyncEventAgeInSeconds: 3600 };
    const defaults = { ...config, destinations: world.toldFunction.defaults.destinations };
    await world.register('told-later', { ...world.toldFunction, defaults });
    const key = await submit({ functionName: 'told-later' });
    await deliver(key, failing);
    expect(await read(key)).toMatchObject({ status: 'Retrying' });
    expect(await read(key)).not.toHaveProperty('followUp');
    expect(await handedOver()).toEqual([]);
  });
});

describe('a destination', () => {
  test('is told payload and result, from S3 as well', async () => {
    const payload = JSON.stringify('p'.repeat(5000));
    const resultText = JSON.stringify('r\ufffe\uffff'.repeat(2000));
    const key = await submit({ payload });
    await deliver(key, async () => ({ isSuccess: true, resultText }));
    await deliverAll();
    const [message] = await told('told-success');
    expect(message?.body).toMatchObject({
      requestContext: { functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:told' },
      requestPayload: payload,
      responsePayload: resultText,
    });
  });

  test('is told twice under one id, and in the same words, by who dies before noting it', async () => {
    const key = await submit();
    await deliver(key);
    class DyingStore extends TaskStore {
      override async endFollowUp(): Promise<void> {
        throw new TaskModeError('ServiceUnavailable', 'died');
      }
    }
    const dying = new DyingStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    await expect(deliverFollowUp({ ...deliverDependencies, store: dying }, key)).rejects.toThrow('died');
    expect(await read(key)).toMatchObject({ followUp: 'pending' });
    await deliverFollowUp(deliverDependencies, key);
    const [first, second, ...more] = await told('told-success');
    expect(more).toEqual([]);
    expect(first).toEqual(second);
    const { submissionId } = (await read(key)) ?? {};
    expect(first?.id).toBe(`told/${key.taskId}/${submissionId}/1/Succeeded`);
  });

  test('is told by many at once under one id, and by nobody once it is noted', async () => {
    const key = await submit();
    await deliver(key);
    await Promise.all(Array.from({ length: 5 }, () => deliverFollowUp(deliverDependencies, key)));
    expect(new Set((await told('told-success')).map(({ id }) => id)).size).toBe(1);
    expect(await read(key)).not.toHaveProperty('followUp');
    await deliverFollowUp(deliverDependencies, key);
    expect(await told('told-success')).toEqual([]);
  });

  test('that is down is told later', async () => {
    const onSuccess = 'arn:aws:sqs:us-east-1:000000000000:late';
    const defaults = { ...world.toldFunction.defaults, destinations: { onSuccess } };
    await world.register('told-late', { ...world.toldFunction, defaults });
    const key = await submit({ functionName: 'told-late' });
    await deliver(key);
    await expect(deliverAll()).rejects.toMatchObject({ code: 'InternalServerError' });
    expect(await read(key)).toMatchObject({ status: 'Succeeded', followUp: 'pending' });
    await world.sqs.send(new CreateQueueCommand({ QueueName: 'late' }));
    time.now += MINUTE_MS;
    expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
    await deliverAll();
    expect(await read(key)).not.toHaveProperty('followUp');
  });

  test('of a kind that nothing can be delivered to is told nothing, and the task stays marked', async () => {
    const onSuccess = 'arn:aws:sns:us-east-1:000000000000:topic';
    const defaults = { ...world.toldFunction.defaults, destinations: { onSuccess } };
    await world.register('told-topic', { ...world.toldFunction, defaults });
    const key = await submit({ functionName: 'told-topic' });
    await deliver(key);
    await expect(deliverAll()).rejects.toThrow(`nothing can be delivered to the destination ${onSuccess}`);
    expect(await read(key)).toMatchObject({ followUp: 'pending' });
  });
});

describe('a hand-over that is lost', () => {
  test('is made up for by the sweep, a minute later and no earlier, and again every ten', async () => {
    const lost = losingHandOvers();
    const key = await submit();
    expect(await deliver(key)).toBe('done');
    lost.mockRestore();
    expect(await handedOver()).toEqual([]);
    time.now += MINUTE_MS - 1;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
    expect(await handedOver()).toEqual([key]);
    time.now += 10 * MINUTE_MS - 1;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
    await deliverAll();
    expect(await told('told-success')).toHaveLength(1);
    time.now += HOUR_MS;
    expect(await sweep()).toEqual(NOTHING);
  });

  test("is made up for by the worker's own message, when that comes again", async () => {
    const lost = losingHandOvers();
    const key = await submit();
    await deliver(key);
    lost.mockRestore();
    expect(await deliver(key)).toBe('done');
    expect(await handedOver()).toEqual([key]);
  });

  test('is repeated by two sweeps at once without harm', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => submit()));
    const lost = losingHandOvers();
    for (const key of keys) await deliver(key);
    lost.mockRestore();
    time.now += MINUTE_MS;
    await Promise.all([sweep(), sweep()]);
    await deliverAll();
    for (const key of keys) expect(await read(key)).not.toHaveProperty('wakeTime');
    expect(await sweep()).toEqual(NOTHING);
  });
});

describe('a redrive', () => {
  test('is refused while a destination is still to be told, and loses nothing', async () => {
    const key = await submit();
    await deliver(key, failing);
    const before = await read(key);
    await expect(redriveTask(world, key)).rejects.toMatchObject({
      code: 'RedriveNotAllowed',
      message: `task "${key.taskId}" can be run again once its destination is told how it ended`,
    });
    expect(await read(key)).toEqual(before);
    await deliverAll();
    await redriveTask(world, key);
    await deliver(key, failing);
    await deliverAll();
    const ids = (await told('told-failure')).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});

test('a message about a task that does not exist is harmless', async () => {
  await deliverFollowUp(deliverDependencies, { functionName: 'told', taskId: 'nobody' });
  expect(await told('told-success')).toEqual([]);
});
