import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, test, vi } from 'vitest';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { submit, purge, sweep, time } = world;

const DAY_SECONDS = 86_400;

afterEach(() => {
  vi.restoreAllMocks();
});

const lost = async (request: object = {}) => {
  const key = await submit({ tenant: 'mine', ...request });
  await purge();
  return key;
};

const fail = (key: TaskKey) =>
  world.deliver(key, async () => ({
    isSuccess: false,
    failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
  }));

test("a message is of its tenant's group", async () => {
  await submit({ tenant: 'mine' });
  const command = new ReceiveMessageCommand({
    QueueUrl: world.queueUrl,
    MessageSystemAttributeNames: ['MessageGroupId'],
  });
  const { Messages } = await world.sqs.send(command);
  expect(Messages).toMatchObject([{ Attributes: { MessageGroupId: 'mine' } }]);
});

test.each<[string, () => Promise<() => Promise<unknown>>]>([
  [
    'by a repeated submit of another tenant',
    async () => {
      const { taskId } = await lost();
      time.now += 10_000;
      return () => submit({ taskId, tenant: 'other' }).catch(() => undefined);
    },
  ],
  [
    'by the sweep, as lost',
    async () => {
      await lost();
      time.now += 180_000;
      return sweep;
    },
  ],
  [
    'by the sweep, when its time comes',
    async () => {
      await submit({ tenant: 'mine', delaySeconds: DAY_SECONDS });
      time.now += DAY_SECONDS * 1000;
      return sweep;
    },
  ],
  [
    'by the sweep, from a dead letter of no group',
    async () => {
      await world.putDeadLetter(await lost());
      return sweep;
    },
  ],
  [
    'by a redrive',
    async () => {
      const key = await lost();
      await stopTask(world, key);
      return () => redriveTask(world, key);
    },
  ],
  [
    'to be tried again',
    async () => {
      const key = await lost({ functionName: 'stubborn' });
      return () => fail(key);
    },
  ],
  [
    'to be followed up',
    async () => {
      const key = await lost({ functionName: 'told' });
      return () => world.deliver(key);
    },
  ],
  [
    'to be followed up, by the sweep',
    async () => {
      await world.deliver(await lost({ functionName: 'told' }));
      time.now += 60_000;
      return sweep;
    },
  ],
])('a task that is sent again %s is sent for its tenant', async (_, prepare) => {
  const act = await prepare();
  const sent = vi.spyOn(world.queue, 'send');
  const sentTogether = vi.spyOn(world.queue, 'sendSome');
  await act();
  const tasks = [
    ...sent.mock.calls.map(([, task]) => task),
    ...sentTogether.mock.calls.flatMap(([, messages]) => messages.map(({ task }) => task)),
  ];
  expect(tasks.map(({ tenant }) => tenant)).toEqual(['mine']);
});
