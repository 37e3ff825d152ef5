import { beforeEach, describe, expect, test } from 'vitest';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { SubmitRequest } from '../../lambdas/tasks/submit-task.ts';
import { submitTasks } from '../../lambdas/tasks/submit-tasks.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { read, messages, purge, submit, time, receive } = world;

beforeEach(async () => {
  await purge();
});

let batch = 0;

/** Requests of one batch, each with an id of its own. */
function requests(count: number, overrides: Partial<SubmitRequest> = {}): SubmitRequest[] {
  batch += 1;
  return Array.from({ length: count }, (_, index) => ({
    functionName: 'echo',
    taskId: `b${batch}-${index}`,
    requestId: 'r',
    tenant: 'tenant-1',
    delaySeconds: 0,
    payload: `${index}`,
    ...overrides,
  }));
}

const keyOf = ({ functionName, taskId = '' }: SubmitRequest) => ({ functionName, taskId });

test('accepts a hundred tasks, each with its row, in ten requests to the queue', async () => {
  let requestsToQueue = 0;
  class CountedQueue extends TaskQueue {
    override async sendSome(...args: Parameters<TaskQueue['sendSome']>) {
      requestsToQueue += 1;
      return super.sendSome(...args);
    }
  }
  const all = requests(100);
  const deps = { ...world, queue: new CountedQueue({ client: world.sqs }) };
  const outcomes = await submitTasks(deps, 'echo', all);
  expect(outcomes).toEqual(all.map(({ taskId }) => ({ isAccepted: true, taskId })));
  expect(requestsToQueue).toBe(10);
  expect(await messages()).toMatchObject({ visible: 100 });
  expect(await read(keyOf(all[99] as SubmitRequest))).toMatchObject({
    status: 'Enqueued',
    payload: { text: '99' },
  });
});

test('each task is accepted or refused for itself, in the order of the batch', async () => {
  const [taken, fine, large, late] = requests(4) as [
    SubmitRequest,
    SubmitRequest,
    SubmitRequest,
    SubmitRequest,
  ];
  await submit({ ...taken, payload: '"first"' });
  await purge();
  const wrong = new TaskModeError('InvalidArgument', 'wrong');
  const outcomes = await submitTasks(world, 'echo', [
    taken,
    { error: wrong },
    fine,
    { ...large, payload: JSON.stringify('x'.repeat(1_048_600)) },
    { ...late, delaySeconds: 3600 },
  ]);
  expect(outcomes).toMatchObject([
    {
      isAccepted: false,
      error: { code: 'AsyncTaskAlreadyExists', details: { status: 'Enqueued', isSamePayload: false } },
    },
    { isAccepted: false, error: wrong },
    { isAccepted: true },
    { isAccepted: false, error: { code: 'EntityTooLarge' } },
    { isAccepted: true },
  ]);
  // The first task is untouched, and what is due later than a message can be delayed is left to the sweep.
  expect(await read(keyOf(taken))).toMatchObject({ payload: { text: '"first"' } });
  expect(await messages()).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
  expect(await receive()).toMatchObject({ key: keyOf(fine) });
  expect(await read(keyOf(large))).toBeUndefined();
});

test('tasks of one batch can be delayed differently', async () => {
  const [now, later] = requests(2) as [SubmitRequest, SubmitRequest];
  await submitTasks(world, 'echo', [now, { ...later, delaySeconds: 300 }]);
  expect(await messages()).toEqual({ visible: 1, delayed: 1, inFlight: 0 });
});

describe('a message that the queue does not take', () => {
  class PickyQueue extends TaskQueue {
    override async sendSome(queueUrl: string, all: Parameters<TaskQueue['sendSome']>[1]) {
      const refused = all.filter((_, index) => index === 1);
      await super.sendSome(
        queueUrl,
        all.filter((message) => !refused.includes(message)),
      );
      return refused;
    }
  }

  test('leaves its row, the task is to be repeated, and its repetition sends it', async () => {
    const all = requests(3);
    const deps = { ...world, queue: new PickyQueue({ client: world.sqs }) };
    const outcomes = await submitTasks(deps, 'echo', all);
    expect(outcomes).toMatchObject([
      { isAccepted: true },
      { isAccepted: false, taskId: all[1]?.taskId, error: { code: 'ServiceUnavailable' } },
      { isAccepted: true },
    ]);
    expect(await messages()).toMatchObject({ visible: 2 });
    await purge();
    time.now += 6000;
    const again = await submitTasks(world, 'echo', all);
    expect(again).toMatchObject(all.map(() => ({ error: { code: 'AsyncTaskAlreadyExists' } })));
    // Nobody knows which messages are lost: all that still wait are sent again, and run once.
    expect(await messages()).toMatchObject({ visible: 3 });
  });
});

test('a batch of which a part was accepted is completed by its repetition', async () => {
  const all = requests(20);
  await submitTasks(world, 'echo', all.slice(0, 7));
  const outcomes = await submitTasks(world, 'echo', all);
  expect(outcomes.map(({ isAccepted }) => isAccepted)).toEqual(all.map((_, index) => index >= 7));
  for (const request of all) expect(await read(keyOf(request))).toMatchObject({ status: 'Enqueued' });
});

test.each([
  ['an unknown function', 'nobody', 'FunctionNotFound', 'does not exist'],
  ['one whose task mode is off', 'off', 'InvalidArgument', 'task mode must be on for a batch'],
])('for %s nothing is accepted', async (_, functionName, code, message) => {
  await world.register('off', {
    defaults: { asyncTask: false, maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 },
  });
  const all = requests(2, { functionName });
  await expect(submitTasks(world, functionName, all)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
  expect(await messages()).toMatchObject({ visible: 0 });
  expect(await read(keyOf(all[0] as SubmitRequest))).toBeUndefined();
});
