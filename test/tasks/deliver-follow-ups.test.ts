import { setTimeout } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AllowedDestinations } from '../../lambdas/aws/allowed-destinations.ts';
import { toMessageBody } from '../../lambdas/aws/message.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { WebhookDestination } from '../../lambdas/aws/webhook-destination.ts';
import { WebhookSecrets } from '../../lambdas/aws/webhook-secrets.ts';
import { DeliveryError } from '../../lambdas/domain/destination.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { FOLLOW_UP_CONCURRENCY, WEBHOOK_CONCURRENCY } from '../../lambdas/domain/limits.ts';
import type { MetricValues } from '../../lambdas/domain/metrics.ts';
import type { EndedTask, Task } from '../../lambdas/domain/task.ts';
import {
  type DeliverBatchDependencies,
  deliverFollowUps,
  type FollowUpRecord,
} from '../../lambdas/tasks/deliver-follow-ups.ts';
import { FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { SECRET_ARN, serve } from '../aws/receivers.ts';
import { newTask } from '../aws/tasks.ts';
import { startWaitingStates } from '../aws/waiting-states.ts';
import { LATE, startFollowUpWorld } from './follow-up-world.ts';
import { SHARDS } from './world.ts';

const world = await startFollowUpWorld();
const states = await startWaitingStates();
const { deliverDependencies, time } = world;
const webhookQueueUrl = world.queueUrl.replace('/echo', '/webhooks');
await world.sqs.send(new CreateQueueCommand({ QueueName: 'webhooks' }));
const { webhook, ...withinAws } = world.receivers.adapters;

const counted: [string | undefined, MetricValues][] = [];
const log = { dropped: vi.fn(), notDelivered: vi.fn(), notHandled: vi.fn() };
const common = {
  ...deliverDependencies,
  countMetrics: (functionName: string | undefined, values: MetricValues) => {
    counted.push([functionName, values]);
  },
  log,
};

/** The function that answers workflows and tells destinations within AWS. */
const first: DeliverBatchDependencies = { ...common, destinations: withinAws, webhookQueueUrl };

/** The function that tells webhooks. */
const { waiters: _, ...withoutWaiters } = common;
const second: DeliverBatchDependencies = {
  ...withoutWaiters,
  destinations: { webhook },
  queueUrl: webhookQueueUrl,
};

beforeEach(() => {
  counted.length = 0;
  for (const spy of Object.values(log)) spy.mockClear();
});

const recordOf = (body: string, messageId = 'm-1'): FollowUpRecord => ({
  messageId,
  receiptHandle: `handle of ${messageId}`,
  body,
});
const keyRecord = ({ functionName, taskId }: Task) =>
  recordOf(toMessageBody({ kind: 'wakeUp', key: { functionName, taskId } }), taskId);

/** A row of a task that has succeeded, of which a destination is to be told. */
function ended(onSuccess: string, more: Partial<EndedTask> = {}): Task {
  const { status: __, ...task } = newTask({ functionName: 'told', submitTime: time.now });
  return {
    ...task,
    status: 'Succeeded',
    attempt: 1,
    endTime: time.now,
    runId: 'r',
    startTime: time.now,
    leaseUntil: time.now,
    instanceId: 'i',
    result: { text: '"done"' },
    config: { ...task.config, destinations: { onSuccess } },
    followUp: 'pending',
    ...more,
  } as Task;
}

const TOLD = world.toldFunction.defaults.destinations.onSuccess;

describe('a message of a follow-up queue', () => {
  test.each([
    ['no JSON', 'hello'],
    [
      'an end that somebody made up',
      JSON.stringify({ ended: { functionName: 'told', taskId: 'a', status: 'Succeeded' } }),
    ],
    [
      'an invocation',
      JSON.stringify({
        invocation: { functionName: 'told', invocationId: 'i-1', attempt: 0, payload: {}, config: {} },
      }),
    ],
    ['a key that no task can have', JSON.stringify({ functionName: 'told', taskId: '../a' })],
    ['a key that no kept end can have', JSON.stringify({ functionName: 'told', endId: 'i-1' })],
    ['a function that none can be', JSON.stringify({ functionName: 'told#!', taskId: 'a' })],
  ])('is dropped, logged and counted if it is %s', async (_what, body) => {
    expect(await deliverFollowUps(first, [recordOf(body)])).toEqual([]);
    expect(log.dropped.mock.calls).toEqual([
      [{ messageId: 'm-1', queue: 'follow-ups', reason: 'it is not the key of a task or of a kept end' }],
    ]);
    expect(counted).toEqual([[undefined, { DroppedMessageCount: 1 }]]);
  });

  test('is dropped if the row of its end is not valid, which is removed', async () => {
    const key = { functionName: 'told', endId: 'i-7f9c24e5-2f63-4b1a-9a51-1f0d3c1f7a10' };
    await world.ends.put(
      key,
      { status: 'Succeeded', config: { destinations: { onSuccess: TOLD } } },
      time.now,
    );
    expect(await deliverFollowUps(first, [recordOf(toMessageBody({ kind: 'keptEnd', key }))])).toEqual([]);
    expect(log.dropped.mock.calls).toEqual([
      [{ ...key, messageId: 'm-1', queue: 'follow-ups', reason: 'its row is not valid' }],
    ]);
    expect(counted).toEqual([[undefined, { DroppedMessageCount: 1 }]]);
    expect(await world.ends.get(key, time.now)).toBeUndefined();
  });

  test('does not come again after a failed delivery, which is noted and counted', async () => {
    const task = ended(LATE);
    await world.put([task]);
    expect(await deliverFollowUps(first, [keyRecord(task)])).toEqual([]);
    expect(log.notDelivered).toHaveBeenCalledWith(
      expect.objectContaining({ taskId: task.taskId, isTriedAgain: true }),
    );
    expect(counted).toEqual([['told', { DestinationErrorCount: 1 }]]);
  });

  test.each([
    ['read', { get: vi.fn() }],
    ['written', { endFollowUp: vi.fn() }],
  ])('comes again if its row cannot be %s, and the others do not', async (_what, methods) => {
    const [task, other] = [ended(TOLD), { ...ended(TOLD), taskId: 'gone' } as Task];
    await world.put([task]);
    const away = new TaskModeError('ServiceUnavailable', 'DynamoDB is away');
    const store = new TaskStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    for (const [name, method] of Object.entries(methods)) {
      method.mockImplementation((about: { taskId: string }) =>
        about.taskId === task.taskId ? Promise.reject(away) : Promise.resolve(undefined),
      );
      Object.assign(store, { [name]: method });
    }
    const failed = await deliverFollowUps({ ...first, store }, [keyRecord(task), keyRecord(other)]);
    expect(failed).toEqual([task.taskId]);
    expect(log.notHandled).toHaveBeenCalledTimes(1);
  });

  test('comes again if the message that must follow cannot be sent', async () => {
    const task = ended(LATE);
    await world.put([task]);
    const queue = Object.create(world.queue, {
      send: { value: () => Promise.reject(new TaskModeError('ServiceUnavailable', 'SQS is away')) },
    });
    expect(await deliverFollowUps({ ...first, queue }, [keyRecord(task)])).toEqual([task.taskId]);
    const webhookTask = ended(world.receivers.destinations.webhook);
    await world.put([webhookTask]);
    expect(await deliverFollowUps({ ...first, queue }, [keyRecord(webhookTask)])).toEqual([
      webhookTask.taskId,
    ]);
  });

  test('is deleted as soon as it is done, and does not wait for the slowest of its batch', async () => {
    const [fast, slow] = [ended(TOLD), ended(LATE)];
    await world.put([fast, slow]);
    const release = Promise.withResolvers<void>();
    const deleted = vi.spyOn(world.queue, 'delete').mockResolvedValue();
    const queue = {
      deliver: async ({ destination }: { destination: string }) => {
        if (destination === LATE) await release.promise;
      },
    };
    const batch = deliverFollowUps({ ...first, destinations: { queue } }, [keyRecord(fast), keyRecord(slow)]);
    await vi.waitFor(() => expect(deleted).toHaveBeenCalledTimes(1));
    expect(deleted).toHaveBeenCalledWith(world.followUpQueueUrl, keyRecord(fast).receiptHandle);
    release.resolve();
    expect(await batch).toEqual([]);
    expect(deleted).toHaveBeenCalledTimes(1);
    deleted.mockRestore();
  });
});

describe('an end that a webhook is to be told of', () => {
  const take = () => world.take(webhookQueueUrl);

  test('is forwarded by its key, and told by the function that has the secrets', async () => {
    const task = ended(world.receivers.destinations.webhook);
    await world.put([task]);
    expect(await deliverFollowUps(first, [keyRecord(task)])).toEqual([]);
    expect((await world.toldAll()).webhook).toEqual([]);
    const [message, ...more] = await take();
    expect(more).toEqual([]);
    expect(message?.Body).toBe(keyRecord(task).body);
    expect(await deliverFollowUps(second, [recordOf(message?.Body ?? '')])).toEqual([]);
    expect((await world.toldAll()).webhook).toHaveLength(1);
    expect(await world.read(task)).toMatchObject({ followUp: 'delivered' });
  });

  test('is not forwarded before its workflow is answered, and not told either', async () => {
    const waiter = { token: 'token-1', executionId: 'e', waitFor: 'task' } as const;
    states.waiting.add(waiter.token);
    const task = ended(world.receivers.destinations.webhook, { waiter });
    await world.put([task]);
    expect(await deliverFollowUps(second, [keyRecord(task)])).toEqual([]);
    expect(await world.read(task)).toMatchObject({ followUp: 'pending' });
    expect((await world.toldAll()).webhook).toEqual([]);
    await deliverFollowUps(first, [keyRecord(task)]);
    expect(states.answers).toMatchObject([{ token: waiter.token }]);
    expect(await take()).toHaveLength(1);
  });

  test('has its later tries by messages of the same queue', async () => {
    const task = ended(world.receivers.destinations.webhook);
    await world.put([task]);
    world.receivers.hookState.status = 503;
    await deliverFollowUps(second, [keyRecord(task)]);
    world.receivers.hookState.status = 204;
    await world.toldAll();
    const command = new GetQueueAttributesCommand({ QueueUrl: webhookQueueUrl, AttributeNames: ['All'] });
    const { Attributes } = await world.sqs.send(command);
    expect(Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1');
    expect(await world.delayedHandOvers()).toBe(0);
  });
});

test('webhooks that hang hold up neither workflows nor queues', async () => {
  // As deployed, with fewer instances: more webhooks hang than the first function has slots.
  const instances = { first: 2, second: 5 };
  const connections = { count: 0 };
  const hanging = await serve(() => {
    connections.count += 1;
  });
  await world.allow(TOLD, { destination: `${hanging}/`, secretArn: SECRET_ARN });
  const allowedDestinations = new AllowedDestinations({ client: world.dynamoDb, tableName: FUNCTION_TABLE });
  const waiterOf = (n: number) => ({ token: `waiting-${n}`, executionId: 'e', waitFor: 'task' }) as const;
  const hooked = Array.from({ length: 2 * FOLLOW_UP_CONCURRENCY.batchSize + 5 }, () => ended(`${hanging}/`));
  const queued = Array.from({ length: 10 }, () => ended(TOLD));
  const awaited = Array.from({ length: 3 }, (_each, n) => ended(`${hanging}/`, { waiter: waiterOf(n) }));
  for (const { waiter } of awaited) states.waiting.add(waiter?.token ?? '');
  states.answers.length = 0;
  await world.put([...hooked, ...queued, ...awaited]);
  for (const some of [hooked, [...queued, ...awaited]]) {
    await Promise.all(
      some.map((task) => {
        const MessageBody = keyRecord(task).body;
        return world.sqs.send(new SendMessageCommand({ QueueUrl: world.followUpQueueUrl, MessageBody }));
      }),
    );
  }

  const isOver = { value: false };
  afterAll(() => {
    isOver.value = true;
  });
  /** An event source: so many invocations at once, each with so many messages. */
  const consume = (
    deps: DeliverBatchDependencies,
    { batchSize, maxConcurrency }: { batchSize: number; maxConcurrency: number },
  ) => {
    const poll = async () => {
      while (!isOver.value) {
        const command = new ReceiveMessageCommand({
          QueueUrl: deps.queueUrl,
          MaxNumberOfMessages: batchSize,
        });
        const { Messages = [] } = await world.sqs.send(command);
        if (Messages.length === 0) await setTimeout(200);
        const records = Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '' }) => ({
          messageId: MessageId,
          receiptHandle: ReceiptHandle,
          body: Body,
        }));
        const failed = await deliverFollowUps({ ...deps, allowedDestinations }, records);
        for (const { messageId, receiptHandle } of records.filter(
          (each) => !failed.includes(each.messageId),
        )) {
          const done = new DeleteMessageCommand({ QueueUrl: deps.queueUrl, ReceiptHandle: receiptHandle });
          await world.sqs.send(done).catch(() => messageId);
        }
      }
    };
    for (let n = 0; n < maxConcurrency; n += 1) void poll().catch(() => undefined);
  };
  consume(first, { ...FOLLOW_UP_CONCURRENCY, maxConcurrency: instances.first });
  const patient = new WebhookDestination({
    ...{ secrets: new WebhookSecrets(), clock: Date.now, isLoopbackAllowed: true },
    timeoutMs: 120_000,
  });
  consume(
    { ...second, destinations: { webhook: patient } },
    { ...WEBHOOK_CONCURRENCY, maxConcurrency: instances.second },
  );

  const told = new Set<string>();
  await vi.waitFor(
    async () => {
      for (const { body } of await world.told('told-success')) told.add(body.requestContext.taskId);
      expect(told.size).toBe(queued.length);
      expect(states.answers).toHaveLength(awaited.length);
      expect(connections.count, 'as many hang as can').toBe(instances.second);
    },
    { timeout: 50_000, interval: 200 },
  );
  expect(log.notDelivered, 'they still hang').not.toHaveBeenCalled();
}, 60_000);

test('a destination that refuses in a batch keeps none of the others from being told', async () => {
  const tasks = [ended(TOLD), ended(LATE), ended(TOLD)];
  await world.put(tasks);
  const queue = {
    deliver: async ({ destination }: { destination: string }) => {
      if (destination === LATE) throw new DeliveryError('it is gone', { isFinal: true });
    },
  };
  expect(await deliverFollowUps({ ...first, destinations: { queue } }, tasks.map(keyRecord))).toEqual([]);
  expect(counted).toEqual([
    ['told', { DestinationDeliveredCount: 2, DestinationErrorCount: 1, DestinationGivenUpCount: 1 }],
  ]);
});
