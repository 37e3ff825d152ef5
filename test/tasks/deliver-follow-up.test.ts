import { CreateQueueCommand, DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import { SWEEP_AHEAD_MS } from '../../lambdas/domain/limits.ts';
import type { EndedTask, TaskKey } from '../../lambdas/domain/task.ts';
import { type Destination, deliverFollowUp, deliverKeptEnd } from '../../lambdas/tasks/deliver-follow-up.ts';
import { type AttemptOutcome, endKilledRun } from '../../lambdas/tasks/end-run.ts';
import { followUpId } from '../../lambdas/tasks/follow-up-id.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { BUCKET, TASK_TABLE } from '../aws/engines.ts';
import { LATE, OTHER_KINDS, startFollowUpWorld } from './follow-up-world.ts';
import { NOTHING } from './sweep-world.ts';
import { SHARDS } from './world.ts';

const world = await startFollowUpWorld();
const {
  deliver,
  deliverAll,
  deliverDependencies,
  handedOver,
  read,
  registerTold,
  sweep,
  time,
  told,
  toldAll,
} = world;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const AGED_MS = HOUR_MS + 1;

const submit = (request: object = {}) => world.submit({ functionName: 'told', ...request });

let functions = 0;

/** A function of its own whose successes a destination is told of: handlers trust for 30 s what they read of one. */
async function toldBy(destination: string): Promise<string> {
  functions += 1;
  const functionName = `told-${functions}`;
  await registerTold(functionName, destination);
  return functionName;
}

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
    expect(after).toMatchObject({ status, followUp: 'delivered', followUpAttempts: 1 });
    expect(after).not.toHaveProperty('followUpError');
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
    const { submissionId = '' } = (await read(key)) ?? {};
    expect(first?.id).toMatch(new RegExp(`^told/${key.taskId}/[0-9a-f]{32}/1/Succeeded$`));
    expect(JSON.stringify(first), 'it is a part of the names of objects').not.toContain(submissionId);
  });

  test('is told by many at once under one id, and by nobody once it is noted', async () => {
    const key = await submit();
    await deliver(key);
    await Promise.all(Array.from({ length: 5 }, () => deliverFollowUp(deliverDependencies, key)));
    expect(new Set((await told('told-success')).map(({ id }) => id)).size).toBe(1);
    expect(await read(key)).toMatchObject({ followUp: 'delivered', followUpAttempts: 1 });
    await deliverFollowUp(deliverDependencies, key);
    expect(await told('told-success')).toEqual([]);
  });

  test('that the deployment does not allow is told nothing, and the task says so', async () => {
    const onSuccess = 'arn:aws:sqs:us-east-1:000000000000:other';
    const key = await submit({ functionName: await toldBy(onSuccess) });
    await deliver(key);
    expect(await deliverAll()).toMatchObject([{ outcome: 'again' }]);
    expect(await read(key)).toMatchObject({
      followUp: 'pending',
      followUpAttempts: 1,
      followUpError: 'the deployment does not allow it',
    });
  });

  test('delivery refuses a destination that is allowed for other functions only, until it is allowed', async () => {
    const functionName = await toldBy(LATE);
    await world.allow({ destination: LATE, functions: ['told'] });
    const fresh = { allowedDestinations: world.newAllowedDestinations() };
    await world.sqs.send(new CreateQueueCommand({ QueueName: 'late' }));
    const key = await submit({ functionName });
    await deliver(key);
    expect(await deliverAll(fresh)).toMatchObject([{ outcome: 'again' }]);
    expect(await read(key)).toMatchObject({ followUpError: 'the deployment does not allow it' });
    expect(await world.take(world.queueUrl.replace('/echo', '/late'))).toEqual([]);
    await world.allow({ destination: LATE, functions: ['told', functionName] });
    time.now += MINUTE_MS;
    const again = { ...deliverDependencies, allowedDestinations: world.newAllowedDestinations() };
    expect(await deliverFollowUp(again, key)).toEqual({ outcome: 'delivered' });
    await world.sqs.send(new DeleteQueueCommand({ QueueUrl: world.queueUrl.replace('/echo', '/late') }));
  });

  test.each(OTHER_KINDS)('of another kind is told the same, under one id: %s', async (kind) => {
    const functionName = await toldBy(world.receivers.destinations[kind]);
    const trace = { traceparent: `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`, tracestate: 'a=1' };
    const key = await submit({ functionName, payload: '"é\ufffe"', trace });
    await deliver(key);
    await deliverAll();
    const task = (await read(key)) as EndedTask;
    const { [kind]: received, ...others } = await toldAll();
    expect(Object.values(others).flat()).toEqual([]);
    expect(received).toHaveLength(1);
    expect(received[0]?.body).toMatchObject({
      timestamp: task.endTime,
      requestContext: {
        taskId: key.taskId,
        status: 'Succeeded',
        followUpId: followUpId(task, task.submissionId),
        ...trace,
      },
      requestPayload: '"é\ufffe"',
    });
    if (received[0] && 'id' in received[0]) expect(received[0].id).toBe(followUpId(task, task.submissionId));
    expect(task).toMatchObject({ followUp: 'delivered', followUpAttempts: 1 });
  });

  test('that is an event bus can choose by status and function', async () => {
    const functionName = await toldBy(world.receivers.destinations.eventBus);
    const key = await submit({ functionName });
    await deliver(key);
    await deliverAll();
    const { eventBus } = await toldAll();
    expect(eventBus[0]?.event).toMatchObject({
      EventBusName: world.receivers.destinations.eventBus,
      Source: 'task-mode',
      DetailType: 'Task Succeeded',
      Resources: [`arn:aws:lambda:us-east-1:000000000000:function:${functionName}`],
      Time: ((await read(key)) as EndedTask).endTime / 1000,
    });
  });

  test('that is an event bus which answers 200 without taking the event was not told', async () => {
    const functionName = await toldBy(world.receivers.destinations.eventBus);
    world.receivers.state.isBusFull = true;
    const key = await submit({ functionName });
    await deliver(key);
    expect(await deliverAll()).toMatchObject([{ outcome: 'again' }]);
    world.receivers.state.isBusFull = false;
    expect(await read(key)).toMatchObject({ followUpError: 'EventBridge answered ThrottlingException' });
    expect((await toldAll()).eventBus).toEqual([]);
  });
});

describe('a destination that is down', () => {
  /** A task whose destination does not exist, and what one message about it leads to, as often as it comes. */
  async function untold() {
    const key = await submit({ functionName: await toldBy(LATE) });
    await deliver(key);
    await handedOver();
    const again = () => deliverFollowUp(deliverDependencies, key);
    return { key, again };
  }

  const attempts = async (key: TaskKey) => ((await read(key)) as EndedTask).followUpAttempts;

  test('is tried five times by one message, and then by the sweep until it is told', async () => {
    const { key, again } = await untold();
    for (const outcome of ['again', 'again', 'again', 'again', 'later']) {
      expect(await again()).toMatchObject({ outcome });
      time.now += MINUTE_MS;
      // The message comes before the sweep would send another.
      expect(await sweep()).toEqual(NOTHING);
    }
    expect(await read(key)).toMatchObject({
      status: 'Succeeded',
      followUp: 'pending',
      followUpAttempts: 5,
      followUpError: 'it answered QueueDoesNotExist',
    });
    time.now += 9 * MINUTE_MS;
    expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
    await world.sqs.send(new CreateQueueCommand({ QueueName: 'late' }));
    expect(await again()).toEqual({ outcome: 'delivered' });
    const task = await read(key);
    expect(task).toMatchObject({ status: 'Succeeded', followUp: 'delivered', followUpAttempts: 6 });
    expect(task).not.toHaveProperty('followUpError');
    expect(task).not.toHaveProperty('wakeTime');
    await world.sqs.send(new DeleteQueueCommand({ QueueUrl: world.queueUrl.replace('/echo', '/late') }));
  });

  test('is given up after 14 tries in 3.5 days, and the status stays', async () => {
    const { key, again } = await untold();
    const before = await read(key);
    const start = time.now;
    for (let attempt = 1; attempt < 14; attempt += 1) {
      expect(await again()).toMatchObject({ outcome: attempt < 5 ? 'again' : 'later' });
      const { wakeTime = 0 } = (await read(key)) ?? {};
      time.now = attempt < 5 ? time.now + MINUTE_MS : wakeTime - SWEEP_AHEAD_MS;
      expect((await sweep()).followUps).toBe(attempt < 5 ? 0 : 1);
    }
    expect((time.now - start) / (24 * HOUR_MS)).toBeCloseTo(3.55, 1);
    expect(await again()).toMatchObject({ outcome: 'given up' });
    const task = await read(key);
    expect(task).toEqual({
      ...before,
      followUp: 'failed',
      followUpAttempts: 14,
      followUpError: 'it answered QueueDoesNotExist',
      wakeTime: undefined,
    });
    expect(await again()).toEqual({ outcome: 'none' });
    time.now += HOUR_MS;
    expect(await sweep()).toEqual(NOTHING);
  });

  test('counts a try that five processes make at once, and fail at, once', async () => {
    const { key, again } = await untold();
    for (const before of [0, 1]) {
      const outcomes = await Promise.all(Array.from({ length: 5 }, again));
      expect(outcomes.filter(({ outcome }) => outcome === 'again')).toHaveLength(1);
      expect(await attempts(key)).toBe(before + 1);
      time.now += MINUTE_MS;
    }
  });

  test('does not have its tries used up by messages that come before the next one is due', async () => {
    const { key, again } = await untold();
    const deliveries = vi.spyOn(deliverDependencies.destinations.queue as Destination, 'deliver');
    expect(await again()).toMatchObject({ outcome: 'again' });
    expect(await read(key)).toMatchObject({ nextDeliveryTime: time.now + MINUTE_MS });
    for (let n = 0; n < 14; n += 1) {
      expect(await again()).toEqual({ outcome: 'none' });
      time.now += 4000;
    }
    time.now += 4000;
    expect(deliveries).toHaveBeenCalledTimes(1);
    expect(await again()).toMatchObject({ outcome: 'again' });
    expect(await read(key)).toMatchObject({ followUp: 'pending', followUpAttempts: 2 });
    deliveries.mockRestore();
  });

  test('is tried again by a message of its own, which is sent before the failed one is done', async () => {
    const { key, again } = await untold();
    const send = vi.spyOn(world.queue, 'send');
    await again();
    expect(send.mock.calls.map(([queueUrl, task, delay]) => [queueUrl, task.taskId, delay])).toEqual([
      [world.followUpQueueUrl, key.taskId, 60],
    ]);
    send.mockRestore();
    expect(await world.delayedHandOvers()).toBe(1);
    time.now += MINUTE_MS;
    const lost = losingHandOvers();
    await expect(again()).rejects.toThrow('SQS is away');
    lost.mockRestore();
    // The message itself comes again, when the next try is due.
    time.now += MINUTE_MS;
    expect(await again()).toMatchObject({ outcome: 'again' });
    expect(await attempts(key)).toBe(3);
  });

  test('counts texts that cannot be read as a failed try, and keeps the message', async () => {
    const { key } = await untold();
    class AwayPayloads extends PayloadStore {
      override async read(): Promise<string> {
        throw new TaskModeError('ServiceUnavailable', 'S3 is away', { cause: new Error('SlowDown') });
      }
    }
    const payloads = new AwayPayloads({ bucketName: BUCKET });
    const delivery = await deliverFollowUp({ ...deliverDependencies, payloads }, key);
    expect(delivery).toMatchObject({ outcome: 'again' });
    expect(await read(key)).toMatchObject({ followUp: 'pending', followUpAttempts: 1 });
  });

  test('is noted as told by who told it while another failed to', async () => {
    const { key, again } = await untold();
    class SlowStore extends TaskStore {
      override async noteFailedDelivery(...note: Parameters<TaskStore['noteFailedDelivery']>) {
        await store.endFollowUp(note[0]);
        return super.noteFailedDelivery(...note);
      }
    }
    const { store } = deliverDependencies;
    const slow = new SlowStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    expect(await deliverFollowUp({ ...deliverDependencies, store: slow }, key)).toEqual({
      outcome: 'none',
    });
    expect(await read(key)).toMatchObject({ followUp: 'delivered' });
    expect(await again()).toEqual({ outcome: 'none' });
  });

  test('and asks to be left alone for an hour is left alone for so long', async () => {
    const functionName = await toldBy(world.receivers.destinations.webhook);
    const { hookState, hooks } = world.receivers;
    Object.assign(hookState, { status: 503, headers: { 'retry-after': '3600' } });
    const key = await submit({ functionName });
    await deliver(key);
    expect(await deliverAll()).toMatchObject([{ outcome: 'later' }]);
    expect(await read(key)).toMatchObject({ followUp: 'pending', followUpError: 'it answered 503' });
    time.now += HOUR_MS - 1;
    expect(await sweep()).toEqual(NOTHING);
    time.now += 1;
    expect(await sweep()).toEqual({ ...NOTHING, followUps: 1 });
    Object.assign(hookState, { status: 200, headers: {} });
    await deliverAll();
    expect(await read(key)).toMatchObject({ followUp: 'delivered', followUpAttempts: 2 });
    const [first, second] = hooks.splice(0);
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    expect(first?.body).toBe(second?.body);
  });

  test('for good (410) is told nothing more', async () => {
    const functionName = await toldBy(world.receivers.destinations.webhook);
    world.receivers.hookState.status = 410;
    const key = await submit({ functionName });
    await deliver(key);
    expect(await deliverAll()).toMatchObject([{ outcome: 'given up' }]);
    world.receivers.hookState.status = 204;
    expect(await read(key)).toMatchObject({ followUp: 'failed', followUpError: 'it answered 410' });
    time.now += HOUR_MS;
    expect(await sweep()).toEqual(NOTHING);
    await toldAll();
  });

  test('no more is tried does not stand in the way of a redrive, which begins anew', async () => {
    await world.register('told-failing', {
      ...world.toldFunction,
      defaults: {
        ...world.toldFunction.defaults,
        destinations: { onFailure: world.receivers.destinations.webhook },
      },
    });
    world.receivers.hookState.status = 410;
    const key = await submit({ functionName: 'told-failing' });
    await deliver(key, failing);
    await deliverAll();
    world.receivers.hookState.status = 204;
    await redriveTask(world, key);
    const task = await read(key);
    for (const field of ['followUp', 'followUpAttempts', 'followUpError']) {
      expect(task).not.toHaveProperty(field);
    }
    await toldAll();
  });
});

describe('a hand-over that is lost', () => {
  test('is made up for by the sweep, a minute later and no earlier, and again every ten', async () => {
    const lost = losingHandOvers();
    const key = await submit();
    await deliver(key);
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
    await deliver(key);
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
  const destinations = { onFailure: LATE };
  const followUpIdOf = async (key: TaskKey) => {
    const task = (await read(key)) as EndedTask;
    return followUpId(task, task.submissionId);
  };

  /** A failed task whose destination was tried once, and is down. */
  async function pending(): Promise<TaskKey> {
    const functionName = `redriven-${crypto.randomUUID().slice(0, 8)}`;
    const defaults = { ...world.toldFunction.defaults, destinations };
    await world.register(functionName, { ...world.toldFunction, defaults });
    const key = await submit({ functionName });
    await deliver(key, failing);
    await deliverAll();
    expect(await read(key)).toMatchObject({ followUp: 'pending', followUpAttempts: 1 });
    return key;
  }

  const late = async () => {
    const QueueUrl = world.queueUrl.replace('/echo', '/late');
    const bodies = (await world.take(QueueUrl)).map(({ Body = '' }) => JSON.parse(Body).requestContext);
    await world.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    return bodies;
  };

  test('runs a task again whose destination is down, and keeps what that is to be told of the series before', async () => {
    const key = await pending();
    const id = await followUpIdOf(key);
    await redriveTask(world, key);
    const task = await read(key);
    expect(task).toMatchObject({ status: 'Enqueued', series: 2 });
    for (const field of ['followUp', 'followUpAttempts', 'followUpError', 'nextDeliveryTime']) {
      expect(task).not.toHaveProperty(field);
    }
    expect(await deliverAll(), 'its next try is not due').toEqual([]);
    // The tries go on where they were: the sweep would find it when its delayed message should have come.
    time.now += MINUTE_MS - 1;
    expect(await world.dueEnds(key.functionName)).toEqual([]);
    time.now += MINUTE_MS + 1;
    const [kept, ...more] = await world.dueEnds(key.functionName);
    if (!kept) throw new Error('the end is not kept');
    expect(more).toEqual([]);
    expect(await deliverKeptEnd(deliverDependencies, kept)).toMatchObject({ outcome: 'again' });
    expect(await world.ends.get(kept, time.now)).toMatchObject({ followUpAttempts: 2 });
    time.now += MINUTE_MS;
    await world.sqs.send(new CreateQueueCommand({ QueueName: 'late' }));
    expect(await deliverKeptEnd(deliverDependencies, kept)).toEqual({ outcome: 'delivered' });
    expect(await late()).toMatchObject([
      {
        taskId: key.taskId,
        series: 1,
        status: 'Failed',
        followUpId: id,
        condition: 'HandledInvocationError',
      },
    ]);
    expect(await world.ends.get(kept, time.now)).toBeUndefined();
  });

  test('keeps one end when it is done twice, or dies before the task is moved', async () => {
    const key = await pending();
    const id = await followUpIdOf(key);
    class DyingStore extends TaskStore {
      override async move(): Promise<never> {
        throw new TaskModeError('ServiceUnavailable', 'died');
      }
    }
    const dying = new DyingStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    await expect(redriveTask({ ...world, storeFor: () => dying }, key)).rejects.toThrow('died');
    expect(await read(key)).toMatchObject({ status: 'Failed', followUp: 'pending' });
    time.now += 2 * MINUTE_MS;
    const [kept] = await world.dueEnds(key.functionName);
    if (!kept) throw new Error('the end is not kept');
    await deliverKeptEnd(deliverDependencies, kept);
    await redriveTask(world, key);
    expect(await read(key)).toMatchObject({ series: 2 });
    expect(await world.ends.get(kept, time.now), 'its tries go on').toMatchObject({ followUpAttempts: 2 });
    time.now += MINUTE_MS;
    await world.sqs.send(new CreateQueueCommand({ QueueName: 'late' }));
    expect(await deliverKeptEnd(deliverDependencies, kept)).toEqual({ outcome: 'delivered' });
    expect(await late()).toMatchObject([{ followUpId: id }]);
  });

  test('tells the destination of each series under an id of its own', async () => {
    const key = await submit();
    await deliver(key, failing);
    await redriveTask(world, key);
    await deliver(key, failing);
    await deliverAll();
    const told = await world.told('told-failure');
    expect(told.map(({ body }) => body.requestContext.series).sort()).toEqual([1, 2]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
  });

  test('keeps no end that no destination is to be told of', async () => {
    const key = await submit();
    await stopTask(world, key);
    await redriveTask(world, key);
    expect(await world.dueEnds('told')).toEqual([]);
    expect(await handedOver()).toEqual([]);
  });
});

test('a message about a task that does not exist is harmless', async () => {
  await deliverFollowUp(deliverDependencies, { functionName: 'told', taskId: 'nobody' });
  expect(await told('told-success')).toEqual([]);
});
