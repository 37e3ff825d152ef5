import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import type { RunningTask, TaskKey } from '../../lambdas/domain/task.ts';
import type { Waiter } from '../../lambdas/domain/waiter.ts';
import { type AttachRequest, attachTask } from '../../lambdas/tasks/attach-task.ts';
import { deliverFollowUp, deliverKeptEnd } from '../../lambdas/tasks/deliver-follow-up.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { startWaitingStates } from '../aws/waiting-states.ts';
import { LATE, startFollowUpWorld } from './follow-up-world.ts';

const world = await startFollowUpWorld();
const states = await startWaitingStates();
const { time, read } = world;

const KEY: TaskKey = { functionName: 'echo', taskId: 'w-1' };
const EXECUTION = 'arn:aws:states:us-east-1:000000000000:execution:media:one';

const waiterOf = (token: string, waitFor: Waiter['waitFor'] = 'task'): Waiter => {
  states.waiting.add(token);
  return { token, waitFor, executionId: EXECUTION };
};

const common = {
  registry: world.registry,
  storeFor: () => world.store,
  payloads: world.payloads,
  queue: world.queue,
  ends: world.ends,
  clock: world.clock,
  followUpQueueUrl: world.followUpQueueUrl,
};

/** Each pause lets everybody else do what they would. */
const attach = (
  waiter: Waiter,
  more: Partial<AttachRequest> = {},
  between = async () => undefined as unknown,
) =>
  attachTask(
    {
      ...common,
      waiters: new Waiters(),
      pause: async (milliseconds) => {
        time.now += milliseconds;
        await between();
      },
    },
    {
      ...KEY,
      requestId: 'r',
      tenant: 'workflows',
      delaySeconds: 0,
      payload: '{"n":1}',
      waiter,
      ...more,
    },
  );

const start = async (runId: string = randomUUID()) => {
  const outcome = await world.store.start(KEY, {
    runId,
    now: time.now,
    leaseUntil: time.now + 60_000,
    instanceId: 'i',
  });
  if (!outcome.isWritten) throw new Error('the task does not start');
  return outcome.task;
};

const deliver = async (outcome: AttemptOutcome) => {
  const message = await world.receive();
  return runTask(
    world.runDependencies(async () => outcome),
    {
      key: KEY,
      tenant: 'tenant-1',
      receiptHandle: message?.receiptHandle ?? 'none',
      invocationEndTime: time.now + 70_000,
      runId: randomUUID(),
    },
  );
};

const succeeds: AttemptOutcome = { isSuccess: true, resultText: '{"done":true}' };
const fails: AttemptOutcome = {
  isSuccess: false,
  failure: { kind: 'HandledInvocationError', errorType: 'CorruptImage', errorMessage: 'no', isFinal: true },
};

/** Ends a run that has read its task before a state began to wait for it: its write is refused, and made anew. */
const succeedAsRead = async (running: RunningTask) => {
  const change = { now: time.now, fields: { result: { text: '1' }, endTime: time.now } };
  const refused = await world.store.move(running, 'succeed', 'Succeeded', change);
  expect(refused).toMatchObject({ isWritten: false, current: { runId: running.runId } });
  return world.store.move((await read(KEY)) as RunningTask, 'succeed', 'Succeeded', change);
};

beforeEach(() => {
  states.waiting.clear();
  states.answers.length = 0;
  states.heartbeats.length = 0;
});

describe('a state that begins to wait', () => {
  test('submits its task, and gets its result', async () => {
    await attach(waiterOf('t1'));
    await deliver(succeeds);
    await world.deliverAll();
    expect(states.answers).toEqual([{ token: 't1', answer: { output: { done: true } } }]);
    expect(await read(KEY)).toMatchObject({ status: 'Succeeded', followUp: 'delivered', attempt: 1 });
  });

  test("gets an attempt's error by its type", async () => {
    await attach(waiterOf('t1'));
    await deliver(fails);
    await world.deliverAll();
    expect(states.answers).toEqual([
      {
        token: 't1',
        answer: {
          error: 'CorruptImage',
          cause: { ...KEY, errorType: 'CorruptImage', errorMessage: 'no', status: 'Failed' },
        },
      },
    ]);
  });

  test('gets a stop at once, by a name of ours', async () => {
    await attach(waiterOf('t1'));
    await stopTask(common, KEY);
    await world.deliverAll();
    expect(states.answers).toEqual([
      { token: 't1', answer: { error: 'TaskMode.Stopped', cause: { ...KEY, status: 'Stopped' } } },
    ]);
  });

  test('gets where a result is that is too large for it', async () => {
    await attach(waiterOf('t1'));
    const resultText = JSON.stringify('x'.repeat(300_000));
    await deliver({ isSuccess: true, resultText });
    await world.deliverAll();
    expect(states.answers).toEqual([
      { token: 't1', answer: { output: { taskModeResult: { ...KEY, resultBytes: 300_002 } } } },
    ]);
  });

  test('a state is answered by a failure when Step Functions does not take the result of its task', async () => {
    await attach(waiterOf('t1'));
    await deliver({ isSuccess: true, resultText: 'OK' });
    await world.deliverAll();
    const errorMessage = expect.stringContaining('InvalidOutput');
    expect(states.answers).toEqual([
      { token: 't1', answer: { error: 'TaskMode.ResultNotTaken', cause: { errorMessage } } },
    ]);
    expect(await read(KEY)).toMatchObject({ status: 'Succeeded', followUp: 'delivered' });
  });

  test('is not answered once more when its message comes twice', async () => {
    await attach(waiterOf('t1'));
    await deliver(succeeds);
    const [handedOver] = await world.handedOver();
    await world.queue.send(world.followUpQueueUrl, { ...KEY, tenant: 'x' }, 0);
    await world.queue.send(world.followUpQueueUrl, { ...KEY, tenant: 'x' }, 0);
    await world.deliverAll();
    expect(handedOver).toMatchObject(KEY);
    expect(states.answers).toHaveLength(1);
  });

  test('for a callback is answered by us only when the task has not succeeded', async () => {
    await attach(waiterOf('t1', 'callback'));
    await deliver(succeeds);
    await world.deliverAll();
    expect(states.answers).toEqual([]);
    expect(await read(KEY)).not.toHaveProperty('followUp');

    await attach(waiterOf('t2', 'callback'), { taskId: 'w-2' });
    await stopTask(common, { ...KEY, taskId: 'w-2' });
    await world.deliverAll();
    expect(states.answers).toMatchObject([{ token: 't2', answer: { error: 'TaskMode.Stopped' } }]);
  });
});

describe('a state that is tried again', () => {
  test('gets the end of the task that it has, which runs once: the new token replaces the old', async () => {
    await attach(waiterOf('t1'));
    const running = await start();
    states.waiting.delete('t1');
    await attach(waiterOf('t2'));
    expect(await read(KEY)).toMatchObject({
      status: 'Running',
      runId: running.runId,
      waiter: { token: 't2' },
    });
    await succeedAsRead(running);
    await world.queue.send(world.followUpQueueUrl, { ...KEY, tenant: 'x' }, 0);
    await world.deliverAll();
    expect(states.answers).toEqual([{ token: 't2', answer: { output: 1 } }]);
  });

  test('changes nothing when Step Functions repeats one invocation', async () => {
    const waiter = waiterOf('t1');
    await attach(waiter);
    await attach(waiter);
    expect(await world.messages()).toMatchObject({ visible: 1 });
    expect(states.heartbeats).toEqual([]);
  });

  test('is answered at once when the task has succeeded', async () => {
    await attach(waiterOf('t1'));
    states.waiting.delete('t1');
    await deliver(succeeds);
    await world.deliverAll();
    await attach(waiterOf('t2'));
    expect(states.answers).toEqual([{ token: 't2', answer: { output: { done: true } } }]);
    expect(await read(KEY)).toMatchObject({ status: 'Succeeded', series: 1 });
  });

  test('runs a failed task again, in the write that has it wait', async () => {
    await attach(waiterOf('t1'));
    await deliver(fails);
    await world.deliverAll();
    await attach(waiterOf('t2'));
    expect(await read(KEY)).toMatchObject({ status: 'Enqueued', series: 2, waiter: { token: 't2' } });
    await deliver(succeeds);
    await world.deliverAll();
    expect(states.answers.map(({ token }) => token)).toEqual(['t1', 't2']);
  });

  test('waits until the failure before was told, and then runs it again', async () => {
    await attach(waiterOf('t1'));
    await deliver(fails);
    await attach(waiterOf('t2'), {}, world.deliverAll);
    expect(states.answers).toMatchObject([{ token: 't1', answer: { error: 'CorruptImage' } }]);
    expect(await read(KEY)).toMatchObject({ status: 'Enqueued', series: 2 });
  });

  describe('whose task has a destination that is down', () => {
    /** The end of the first attempt: its state is answered, and its destination does not take it. */
    const failsUntold = async () => {
      const defaults = { ...world.toldFunction.defaults, destinations: { onFailure: LATE } };
      await world.register(TOLD.functionName, { ...world.toldFunction, defaults });
      await attach(waiterOf('t1'), TOLD);
      await world.deliver(TOLD, async () => fails);
      await world.deliverAll();
      expect(states.answers).toMatchObject([{ token: 't1', answer: { error: 'CorruptImage' } }]);
    };
    const TOLD: TaskKey = { functionName: 'awaited-and-told', taskId: 'w-9' };

    test('runs it again at once', async () => {
      await failsUntold();
      expect(await read(TOLD)).toMatchObject({
        followUp: 'pending',
        isWaiterAnswered: true,
        followUpAttempts: 1,
      });
      const pauses = vi.fn(async () => undefined);
      await attach(waiterOf('t2'), TOLD, pauses);
      expect(pauses).not.toHaveBeenCalled();
      const task = await read(TOLD);
      expect(task).toMatchObject({ status: 'Enqueued', series: 2, waiter: { token: 't2' } });
      expect(task).not.toHaveProperty('isWaiterAnswered');
      time.now += 120_000;
      const [kept] = await world.dueEnds(TOLD.functionName);
      if (!kept) throw new Error('the end of the first series is not kept');
      expect(await deliverKeptEnd(world.deliverDependencies, kept)).toMatchObject({ outcome: 'again' });
      expect(states.answers, 'a kept end answers no state').toHaveLength(1);
    });

    test('is not answered again by later tries of the destination', async () => {
      await failsUntold();
      const answers = vi.spyOn(Waiters.prototype, 'answer');
      time.now += 60_000;
      expect(await deliverFollowUp(world.deliverDependencies, TOLD)).toMatchObject({ outcome: 'again' });
      expect(await read(TOLD)).toMatchObject({ followUpAttempts: 2 });
      expect(answers).not.toHaveBeenCalled();
      answers.mockRestore();
    });

    test('is redriven by the API once the state is answered, and not before', async () => {
      await failsUntold();
      await redriveTask(common, TOLD);
      expect(await read(TOLD)).toMatchObject({ status: 'Enqueued', series: 2 });
      const other = { ...TOLD, taskId: 'w-10' };
      await attach(waiterOf('t3'), other);
      await world.deliver(other, async () => fails);
      const before = await read(other);
      await expect(redriveTask(common, other)).rejects.toMatchObject({
        code: 'RedriveNotAllowed',
        message: 'task "w-10" can be run again once the workflow that waits for it is answered',
      });
      expect(await read(other)).toEqual(before);
    });
  });

  test('waits until it could be answered: a fault of Step Functions is a failed try, and noted', async () => {
    await attach(waiterOf('t1'));
    await deliver(fails);
    const away = vi.spyOn(Waiters.prototype, 'answer').mockRejectedValue(new Error('away'));
    expect(await world.deliverAll()).toMatchObject([{ outcome: 'again' }]);
    away.mockRestore();
    expect(await read(KEY)).toMatchObject({ followUp: 'pending', followUpAttempts: 1 });
    time.now += 60_000;
    expect(await deliverFollowUp(world.deliverDependencies, KEY)).toEqual({ outcome: 'delivered' });
    expect(states.answers).toMatchObject([{ token: 't1', answer: { error: 'CorruptImage' } }]);
  });

  test('has a task run again that was stopping, once its code has ended', async () => {
    await attach(waiterOf('t1'));
    await start();
    states.waiting.delete('t1');
    await stopTask(common, KEY);
    const endsThen = async () => {
      const stopping = await read(KEY);
      if (stopping?.status !== 'Stopping') return world.deliverAll();
      expect(stopping).toMatchObject({ waiter: { token: 't1' } });
      await world.store.move(stopping, 'stopped', 'Stopped', {
        now: time.now,
        fields: { endTime: time.now },
      });
      return world.queue.send(world.followUpQueueUrl, { ...KEY, tenant: 'x' }, 0);
    };
    await attach(waiterOf('t2'), {}, endsThen);
    expect(await read(KEY)).toMatchObject({ status: 'Enqueued', series: 2, waiter: { token: 't2' } });
    // What ended is told to nobody: the first attempt of the state waits no longer.
    expect(states.answers).toEqual([]);
  });

  test('has missed the callback of a task that has succeeded', async () => {
    await attach(waiterOf('t1', 'callback'));
    await deliver(succeeds);
    await attach(waiterOf('t2', 'callback'));
    expect(states.answers).toMatchObject([{ token: 't2', answer: { error: 'TaskMode.CallbackMissed' } }]);
  });
});

test('a state is refused whose task another one waits for, and the other waits on', async () => {
  await attach(waiterOf('t1'));
  await expect(attach(waiterOf('t2'))).rejects.toMatchObject({ code: 'TaskAlreadyAwaited' });
  expect(await read(KEY)).toMatchObject({ waiter: { token: 't1' } });
});

test('a state gets the end of a task that was submitted without it, while it ran', async () => {
  await submitTask(common, { ...KEY, requestId: 'r', tenant: 'x', delaySeconds: 0, payload: '{"n":1}' });
  const running = await start();
  await attach(waiterOf('t1'));
  const outcome = await succeedAsRead(running);
  expect(outcome).toMatchObject({ isWritten: true, task: { followUp: 'pending', waiter: { token: 't1' } } });
});

describe('a state that waits for so long', () => {
  const waiter = (token: string, untilTime: number) => ({ ...waiterOf(token), untilTime });

  test('has its task start by then or not at all, also the next time', async () => {
    await attach(waiter('t1', time.now + 1000));
    states.waiting.delete('t1');
    const later = time.now + 90_000;
    await attach(waiter('t2', later));
    expect(await read(KEY)).toMatchObject({ startDeadline: later, waiter: { token: 't2' } });
    time.now += 90_001;
    await deliver(succeeds);
    await world.deliverAll();
    expect(await read(KEY)).toMatchObject({ status: 'Expired', attempt: 0 });
    expect(states.answers).toMatchObject([{ token: 't2', answer: { error: 'TaskMode.Expired' } }]);
    await attach(waiter('t3', time.now + 1000));
    expect(await read(KEY)).toMatchObject({ status: 'Enqueued', startDeadline: time.now + 1000 });
  });

  test('does not shorten the event age by waiting for longer', async () => {
    await attach(waiterOf('t1'));
    const { startDeadline } = (await read(KEY)) ?? {};
    await attach(waiter('t3', Number.MAX_SAFE_INTEGER), { taskId: 'w-2' });
    expect(await read({ ...KEY, taskId: 'w-2' })).toMatchObject({ startDeadline });
  });
});

test('a stop of a task that nobody waits for leaves alone one that another waits for since', async () => {
  await attach(waiterOf('t1'));
  const running = await start();
  states.waiting.delete('t1');
  await attach(waiterOf('t2'));
  const stop = { now: time.now, isForWaiter: true };
  expect(await world.store.move(running, 'stop', 'Stopping', stop)).toMatchObject({ isWritten: false });
  const current = (await read(KEY)) as RunningTask;
  expect(current).toMatchObject({ status: 'Running', waiter: { token: 't2' } });
  expect(await world.store.move(current, 'stop', 'Stopping', stop)).toMatchObject({ isWritten: true });
});

test('a redrive by the API leaves no old waiter behind', async () => {
  await attach(waiterOf('t1'));
  await deliver(fails);
  await world.deliverAll();
  await redriveTask(common, KEY);
  expect(await read(KEY)).not.toHaveProperty('waiter');
});
