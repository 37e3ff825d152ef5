import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import type { EndKey } from '../../lambdas/domain/kept-end.ts';
import type { MetricName } from '../../lambdas/domain/metrics.ts';
import {
  endKilledInvocation,
  handBackNeighbourInvocation,
  type InvocationRun,
} from '../../lambdas/tasks/end-invocation.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { keepEnd } from '../../lambdas/tasks/keep-end.ts';
import { runInvocation } from '../../lambdas/tasks/run-invocation.ts';
import { BUCKET } from '../aws/engines.ts';
import { startInvocationWorld } from './invocation-world.ts';
import { succeed } from './world.ts';

const world = await startInvocationWorld();
const { accept, again, configure, deliverInvocation, log, messages, rows, take, takeOne, time, told } = world;
const { deliverAll, endsHandedOver, invocationDependencies } = world;

const NONE = { visible: 0, delayed: 0, inFlight: 0 };

const failing = vi.fn(
  async (_: InvocationRun): Promise<AttemptOutcome> => ({
    isSuccess: false,
    failure: taskFailure('HandledInvocationError', 'RangeError', 'too far'),
  }),
);

describe('an invocation without a record', () => {
  test('runs once with its payload as it is, its destination is told, and no row is left', async () => {
    await accept({ payload: '{"n":  1}' });
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt.mock.calls).toEqual([[expect.objectContaining({ attempt: 1 }), '{"n":  1}']]);
    await deliverAll();
    expect(await told('told-success')).toEqual([
      {
        id: expect.stringMatching(/^loose\/i-[0-9a-f-]{36}\/.*\/Succeeded$/),
        body: {
          timestamp: time.now,
          requestContext: {
            requestId: 'request-1',
            functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:loose',
            condition: '',
            approximateInvokeCount: 1,
            functionName: 'loose',
            status: 'Succeeded',
            followUpId: expect.any(String),
          },
          requestPayload: '{"n":  1}',
          responseContext: { statusCode: 200, functionError: '' },
          responsePayload: '"done"',
        },
      },
    ]);
    expect(await messages()).toEqual(NONE);
    expect(await rows()).toEqual([]);
    expect(log).toEqual([]);
  });

  test('without a destination is done when its code is', async () => {
    await configure({ destinations: {} });
    await accept();
    await deliverInvocation();
    expect(await endsHandedOver()).toEqual([]);
    expect(await messages()).toEqual(NONE);
  });

  test('that fails is repeated by a message of its own, as often as it may be, and then told', async () => {
    await accept();
    failing.mockClear();
    for (let n = 1; n <= 3; n += 1) {
      expect((await messages()).visible).toBe(1);
      await deliverInvocation(failing);
    }
    expect(failing.mock.calls.map(([run]) => run.attempt)).toEqual([1, 2, 3]);
    expect(await messages()).toEqual(NONE);
    await deliverAll();
    const [failure, ...more] = await told('told-failure');
    expect(more).toEqual([]);
    expect(failure?.body).toMatchObject({
      requestContext: { condition: 'HandledInvocationError', approximateInvokeCount: 3, status: 'Failed' },
      responsePayload: '{"errorMessage":"too far","errorType":"RangeError"}',
    });
    expect(log).toEqual([1, 2, 3].map((n) => `attempt ${n} failed HandledInvocationError`));
    expect(await rows()).toEqual([]);
  });

  test('whose failure is final is not repeated', async () => {
    await accept();
    const failure = taskFailure('HandledInvocationError', 'E', 'm', { isFinal: true });
    await deliverInvocation(async () => ({ isSuccess: false, failure }));
    expect(await messages()).toEqual(NONE);
    await deliverAll();
    expect(await told('told-failure')).toHaveLength(1);
  });

  test('waits for its repetition by the back-off that tasks have', async () => {
    await accept();
    world.random.value = 0.99;
    await deliverInvocation(failing);
    world.random.value = 0;
    expect(await messages()).toEqual({ ...NONE, delayed: 1 });
  });

  test('that is not started in time does not run, and that is told and counted', async () => {
    await accept();
    time.now += 3_600_001;
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(log).toEqual(['expired']);
    await deliverAll();
    const [{ body } = {}] = await told('told-failure');
    expect(body).toMatchObject({
      requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0, status: 'Expired' },
      responseContext: { statusCode: 500 },
    });
  });

  test('that is between attempts never expires', async () => {
    await accept();
    await deliverInvocation(failing);
    time.now += 3_600_001;
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('has the configuration that it was accepted under', async () => {
    await accept();
    await configure({ maxAsyncRetryAttempts: 0, destinations: {} });
    await deliverInvocation(failing);
    expect((await messages()).visible).toBe(1);
  });

  test('with a large payload and a large result has both told', async () => {
    const payload = JSON.stringify('p'.repeat(200_000));
    const resultText = JSON.stringify('r'.repeat(100_000));
    await accept({ payload });
    await deliverInvocation(async (_, payloadText) => {
      expect(payloadText).toBe(payload);
      return { isSuccess: true, resultText };
    });
    const [{ ended } = {}] = (await rows()).map((row) => unmarshall(row));
    const own = expect.stringMatching(/^results\/loose\/!i-[0-9a-f-]{36}\/[0-9a-f]{64}$/);
    expect(ended).toMatchObject({ payload: { objectKey: expect.any(String) }, result: { objectKey: own } });
    await deliverAll();
    const [{ body } = {}] = await told('told-success');
    expect(body).toMatchObject({ requestPayload: payload, responsePayload: resultText });
  });
});

describe('a message that comes again', () => {
  /** The instance that it was given to died: before or while its code ran. */
  const dies = async () => again(await takeOne());

  test('for the first time runs as the attempt that it was, for nobody knows whether it had begun', async () => {
    await accept();
    await dies();
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).toHaveBeenCalledWith(expect.objectContaining({ attempt: 1 }), expect.anything());
  });

  test('often since no instance could be had is no attempt each time', async () => {
    await configure({ maxAsyncRetryAttempts: 0 });
    await accept();
    for (let n = 0; n < 20; n += 1) await dies();
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).toHaveBeenCalledWith(expect.objectContaining({ attempt: 1 }), expect.anything());
    await deliverAll();
    expect(await told('told-success')).toHaveLength(1);
  });

  test('since its code kills each instance is an attempt each time from the second on, and ends as failed', async () => {
    await accept();
    const begun: number[] = [];
    const dying = async (run: { attempt: number }): Promise<AttemptOutcome> => {
      begun.push(run.attempt);
      throw new Error('the instance is gone');
    };
    for (let n = 0; n < 4; n += 1) {
      const delivery = await takeOne();
      await runInvocation(invocationDependencies(dying), delivery).catch(() => undefined);
      await again(delivery);
    }
    expect(begun).toEqual([1, 1, 2, 3]);
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).not.toHaveBeenCalled();
    await deliverAll();
    const [{ body } = {}] = await told('told-failure');
    expect(body).toMatchObject({
      requestContext: { condition: 'UnhandledInvocationError', approximateInvokeCount: 3 },
      responsePayload: expect.stringContaining('each instance that ran the function ended before it did'),
    });
    expect(await messages()).toEqual(NONE);
  });

  test('counts on where it fails at last', async () => {
    await accept();
    await dies();
    await dies();
    await deliverInvocation(failing);
    expect(await takeOne()).toMatchObject({ isRepeated: false, invocation: { attempt: 1 } });
  });

  test('as it was sent twice runs twice, and its end is told under one id', async () => {
    await accept();
    const delivery = await takeOne();
    await runInvocation(invocationDependencies(succeed), delivery);
    await again(delivery);
    await deliverInvocation();
    await deliverAll();
    const [first, ...more] = await told('told-success');
    expect(more).toEqual([]);
    // Its end comes once more, when the row of the first is gone.
    await world.send(delivery.invocation);
    await deliverInvocation();
    await deliverAll();
    expect((await told('told-success')).map(({ id }) => id)).toEqual([first?.id]);
  });
});

describe('what is not its fault', () => {
  test('hands it back by a successor of its message, and no attempt is counted, however often', async () => {
    await configure({ maxAsyncRetryAttempts: 0 });
    await accept();
    const handedBackTimes: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const delivery = await takeOne();
      const handedBack = async (): Promise<AttemptOutcome> => ({
        isSuccess: false,
        isHandedBack: true,
        cause: new Error('throttled'),
      });
      await runInvocation(invocationDependencies(handedBack), delivery);
      await world.removeMessage(delivery);
      expect(await messages()).toEqual({ ...NONE, delayed: 1 });
      handedBackTimes.push(time.now);
      await world.purge();
      await world.send({ ...delivery.invocation, handBacks: n + 1, handedBackTime: handedBackTimes[0] });
    }
    const attempt = vi.fn(succeed);
    await deliverInvocation(attempt);
    expect(attempt).toHaveBeenCalledWith(expect.objectContaining({ attempt: 1 }), expect.anything());
  });

  test('such as a payload that S3 does not give now', async () => {
    await accept({ payload: JSON.stringify('x'.repeat(200_000)) });
    class AwayStore extends PayloadStore {
      override async read(): Promise<string> {
        throw new TaskModeError('ServiceUnavailable', 'S3 is away');
      }
    }
    const payloads = new AwayStore({ bucketName: BUCKET });
    await deliverInvocation(succeed, { payloads });
    expect(log).toEqual(['handed back']);
  });

  test('a payload that is gone fails it for good', async () => {
    await accept({ payload: JSON.stringify('x'.repeat(200_000)) });
    const { invocation } = await takeOne();
    await world.payloads.discard(invocation.payload);
    const delivery = {
      invocation,
      receiptHandle: 'none',
      runId: 'run-1',
      invocationEndTime: time.now + 70_000,
      isRepeated: false,
    };
    await runInvocation(invocationDependencies(succeed), delivery);
    await deliverAll();
    const [{ body } = {}] = await told('told-failure');
    expect(body.requestContext).toMatchObject({ condition: 'PayloadExpired', status: 'Failed' });
  });

  test('what is to follow is sent for as long as its instance lives, and then its message stays', async () => {
    await accept();
    const send = vi.spyOn(world.queue, 'sendInvocation').mockImplementation(async () => {
      throw new TaskModeError('ServiceUnavailable', 'SQS is away');
    });
    await expect(deliverInvocation(failing)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    expect(send.mock.calls.length).toBeGreaterThan(50);
    send.mockRestore();
    expect(await messages()).toEqual({ ...NONE, inFlight: 1 });
  });
});

describe('the supervisor', () => {
  const run = async () => ({ ...(await takeOne()), attempt: 1, startTime: time.now });

  test('repeats an attempt that it killed, and not before its code is dead', async () => {
    await accept();
    const killed = await run();
    await endKilledInvocation(invocationDependencies(succeed), killed, { timeoutSeconds: 60, waitMs: 3000 });
    await world.removeMessage(killed);
    expect(log).toEqual(['attempt 1 failed UnhandledInvocationError']);
    expect(await messages()).toEqual({ ...NONE, delayed: 1 });
  });

  test('hands a neighbour back by a successor, runs it once more, and counts no attempt', async () => {
    await configure({ maxAsyncRetryAttempts: 0 });
    await accept();
    for (let n = 0; n < 3; n += 1) {
      const neighbour = await run();
      const cutOff = { cause: 'killed beside another', waitMs: 0 };
      await handBackNeighbourInvocation(invocationDependencies(succeed), neighbour, cutOff);
      await world.removeMessage(neighbour);
    }
    const attempt = vi.fn(succeed);
    while ((await messages()).visible > 0) await deliverInvocation(attempt);
    expect(attempt).toHaveBeenCalledOnce();
    expect(attempt).toHaveBeenCalledWith(expect.objectContaining({ attempt: 1 }), expect.anything());
  });
});

test('a start whose count was sent twice by the SDK counts once', async () => {
  await accept();
  const { invocation } = await takeOne();
  expect(await world.runs.count(invocation, 'start-1', time.now)).toBe(1);
  expect(await world.runs.count(invocation, 'start-1', time.now)).toBe(1);
  expect(await world.runs.count(invocation, 'start-2', time.now)).toBe(2);
});

test('an invocation that cannot be run for longer than its event age fails, and its destination is told why', async () => {
  await accept();
  const delivery = await takeOne();
  const handedBackTime = time.now - 3_600_001;
  const throttled = async (): Promise<AttemptOutcome> => ({
    isSuccess: false,
    isHandedBack: true,
    cause: new Error('throttled'),
  });
  const invocation = { ...delivery.invocation, handBacks: 50, handedBackTime };
  await runInvocation(invocationDependencies(throttled), { ...delivery, invocation });
  await world.removeMessage(delivery);
  expect(await messages()).toEqual(NONE);
  await deliverAll();
  expect((await told('told-failure'))[0]?.body.responsePayload).toContain('could not be run for 60 minutes');
});

describe('the end of an invocation without a record', () => {
  /** An invocation that has ended. Returns the key of its end, which was sent. */
  const ended = async (payload = '{"n": 1}'): Promise<EndKey> => {
    await accept({ payload });
    await deliverInvocation();
    const [key] = await endsHandedOver();
    if (!key) throw new Error('no follow-up was sent');
    return key;
  };
  const keptRows = async () => (await rows()).map((row) => unmarshall(row));
  const away = () => world.failingDestinations();

  test('is kept in a row that no list and no task shows, until its destination took it', async () => {
    const key = await ended();
    const [row, ...more] = await keptRows();
    expect(more).toEqual([]);
    expect(Object.keys(row ?? {}).sort()).toEqual(['ended', 'expiresAt', 'pk']);
    expect(row?.pk).toBe(`loose#!${key.endId}`);
    expect(await world.store.get({ functionName: 'loose', taskId: key.endId }, time.now)).toBeUndefined();
    expect(
      await world.store.get({ functionName: 'loose', taskId: `!${key.endId}` }, time.now),
    ).toBeUndefined();
    expect(await world.deliverEnd(key)).toEqual({ outcome: 'delivered' });
    expect(await keptRows()).toEqual([]);
    expect(await world.deliverEnd(key)).toEqual({ outcome: 'none' });
    expect(await told('told-success')).toHaveLength(1);
  });

  test.each([
    [4096, true],
    [4097, false],
  ])('keeps a payload of %d bytes in its row: %s', async (bytes, isInline) => {
    const payload = JSON.stringify('p'.repeat(bytes - 2));
    const key = await ended(payload);
    const [row] = await keptRows();
    expect(row?.ended.payload).toHaveProperty(isInline ? 'text' : 'objectKey');
    await world.deliverEnd(key);
    expect(await told('told-success')).toMatchObject([{ body: { requestPayload: payload } }]);
  });

  test('is tried again when its row says so, by the sweep in the end, and under one id', async () => {
    const key = await ended();
    expect(await world.deliverEnd(key, away())).toMatchObject({ outcome: 'again' });
    expect(await world.delayedHandOvers()).toBe(1);
    expect(await keptRows()).toMatchObject([
      { followUpAttempts: 1, followUpError: 'it is away', nextDeliveryTime: time.now + 60_000 },
    ]);
    // Whoever sends the key before that changes nothing.
    for (let n = 0; n < 14; n += 1) expect(await world.deliverEnd(key, away())).toEqual({ outcome: 'none' });
    for (const outcome of ['again', 'again', 'again', 'later']) {
      time.now += 60_000;
      expect(await world.dueEnds('loose')).toEqual([]);
      expect(await world.deliverEnd(key, away())).toMatchObject({ outcome });
    }
    time.now += 10 * 60_000 - 1;
    expect(await world.dueEnds('loose')).toEqual([]);
    time.now += 1;
    expect(await world.resendDueEnds('loose')).toBe(1);
    expect(await endsHandedOver()).toEqual([key]);
    expect(await world.deliverEnd(key)).toEqual({ outcome: 'delivered' });
    expect(await told('told-success')).toEqual([
      { id: expect.stringMatching(/^loose\/i-.*\/Succeeded$/), body: expect.anything() },
    ]);
    expect(await keptRows()).toEqual([]);
  });

  test('is given up after 14 tries, and its row is removed', async () => {
    const key = await ended();
    for (let attempt = 1; attempt < 14; attempt += 1) {
      await world.deliverEnd(key, away());
      const [row] = await keptRows();
      expect(row).toMatchObject({ followUpAttempts: attempt });
      time.now = row?.nextDeliveryTime;
    }
    expect(await world.deliverEnd(key, away())).toMatchObject({ outcome: 'given up' });
    expect(await keptRows()).toEqual([]);
  });

  test('counts a try that five processes make at once, and fail at, once', async () => {
    const key = await ended();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => world.deliverEnd(key, away())));
    expect(outcomes.filter(({ outcome }) => outcome === 'again')).toHaveLength(1);
    expect(await keptRows()).toMatchObject([{ followUpAttempts: 1 }]);
  });

  test('stays as it is when the invocation ends a second time before it is delivered', async () => {
    const invocation = { ...(await accepted()), attempt: 0 };
    const end = { attempt: 1, now: time.now, status: 'Succeeded', resultText: '"first"' } as const;
    await keepEnd(world, invocation, end);
    await keepEnd(world, invocation, { ...end, resultText: JSON.stringify('s'.repeat(9000)) });
    await deliverAll();
    expect(await told('told-success')).toMatchObject([{ body: { responsePayload: '"first"' } }]);
  });

  test('has its key sent again by the sweep when its row could not be read or noted', async () => {
    const key = await ended();
    await world.putUndelivered(key);
    await world.putUndelivered({ functionName: 'told', taskId: 'a-task' });
    expect(await world.sweep()).toMatchObject({ deadLetters: 2 });
    expect(await endsHandedOver()).toEqual([key]);
    expect(await world.sweep()).toMatchObject({ deadLetters: 0 });
  });

  const accepted = async () => {
    await accept();
    return (await takeOne()).invocation;
  };
});

describe('a dead letter', () => {
  test('of an invocation that has no record is sent again as it was', async () => {
    await accept();
    const { invocation } = await takeOne();
    await world.purge();
    await world.putLooseDeadLetter(invocation);
    expect(await world.sweep()).toMatchObject({ deadLetters: 1 });
    expect(await take()).toMatchObject({ invocation, isRepeated: false });
  });

  test('of one that was not started in time is dropped, and that is told', async () => {
    await accept();
    const { invocation } = await takeOne();
    await world.purge();
    await world.putLooseDeadLetter(invocation);
    time.now += 3_600_001;
    expect(await world.sweep()).toMatchObject({ deadLetters: 1, expired: 1 });
    expect(await take()).toBeUndefined();
    await deliverAll();
    expect((await told('told-failure')).map(({ body }) => body.requestContext.status)).toEqual(['Expired']);
  });

  test('of one of another function is dropped', async () => {
    await accept();
    const { invocation } = await takeOne();
    await world.purge();
    await world.putLooseDeadLetter({ ...invocation, functionName: 'echo' });
    expect(await world.sweep()).toMatchObject({ deadLetters: 1 });
    expect(await take()).toBeUndefined();
  });
});

describe('whoever watches the function sees', () => {
  const valuesOf = (name: MetricName) => world.counts.valuesOf('loose', name);

  test('each attempt once, as of a task', async () => {
    world.counts.clear();
    await accept({ delaySeconds: 0 });
    expect(valuesOf('EnqueuedCount')).toEqual([1]);
    time.now += 1500;
    await deliverInvocation(failing);
    await deliverInvocation(async () => {
      time.now += 700;
      return succeed();
    });
    expect(valuesOf('ProcessedCount')).toEqual([1]);
    expect(valuesOf('QueueWait')).toEqual([1500]);
    expect(valuesOf('RunningCount')).toEqual([1, 1]);
    expect(valuesOf('RetryingCount')).toEqual([1]);
    expect(valuesOf('SucceededCount')).toEqual([1]);
    expect(valuesOf('FailedCount')).toEqual([0]);
    expect(valuesOf('RunDuration')).toEqual([0, 700]);
  });

  test('what was dropped, by a worker and by the sweep', async () => {
    world.counts.clear();
    await accept();
    time.now += 3_600_001;
    await deliverInvocation();
    await accept();
    const { invocation } = await takeOne();
    await world.purge();
    await world.putLooseDeadLetter(invocation);
    time.now += 3_600_001;
    await world.sweep();
    expect(valuesOf('ExpiredCount')).toEqual([1, 1]);
  });
});

test('a queue of both kinds gives each its own', async () => {
  const key = await world.submit();
  await accept();
  await configure({ asyncTask: true });
  world.registry.forget('loose');
  const task = await accept();
  expect(task).toMatchObject({ functionName: 'loose' });
  expect((await messages()).visible).toBe(3);
  expect(await world.read(key)).toMatchObject({ status: 'Enqueued' });
});
