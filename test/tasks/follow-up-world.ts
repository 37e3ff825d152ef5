import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { beforeEach } from 'vitest';
import { AllowedDestinations } from '../../lambdas/aws/allowed-destinations.ts';
import { parseMessage } from '../../lambdas/aws/message.ts';
import { keyOf, toAttributes } from '../../lambdas/aws/task-item.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import { type EndKey, endKeyOf, endRowKey } from '../../lambdas/domain/kept-end.ts';
import { SWEEP_AHEAD_MS } from '../../lambdas/domain/limits.ts';
import { TASK_INDEXES } from '../../lambdas/domain/storage-names.ts';
import {
  type DeliverDependencies,
  deliverFollowUp,
  deliverKeptEnd,
} from '../../lambdas/tasks/deliver-follow-up.ts';
import { FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { SECRET_ARN, startReceivers, TOPIC_QUEUE } from '../aws/receivers.ts';
import { startSweepWorld } from './sweep-world.ts';

/** The kinds of destinations that the function `told` does not have. */
export const OTHER_KINDS = ['topic', 'function', 'eventBus', 'webhook'] as const;

/** A queue that may be told, and is not there. */
export const LATE = 'arn:aws:sqs:us-east-1:000000000000:late';

/** The world of the sweep, and who tells destinations: those of the function `told`, and of ones that a test registers. */
export async function startFollowUpWorld() {
  const world = await startSweepWorld();
  const { sqs, store, registry, payloads, clock, queueUrl, followUpQueueUrl } = world;
  const receivers = await startReceivers(world);
  const newAllowedDestinations = () =>
    new AllowedDestinations({ client: world.dynamoDb, tableName: FUNCTION_TABLE });
  const dependencies: DeliverDependencies = {
    ...{ store, registry, payloads, clock, ends: world.ends },
    ...{ queue: world.queue, queueUrl: followUpQueueUrl },
    allowedDestinations: newAllowedDestinations(),
    destinations: receivers.adapters,
    waiters: new Waiters(),
  };
  const { onSuccess, onFailure } = world.toldFunction.defaults.destinations;
  const allowAll = () =>
    world.allow(
      ...[onSuccess, onFailure, LATE, receivers.destinations.topic, receivers.destinations.function],
      receivers.destinations.eventBus,
      { destination: receivers.destinations.webhook, secretArn: SECRET_ARN },
    );
  beforeEach(allowAll);
  const clear = () => world.clear().then(allowAll);

  /** Registers a function whose successes a destination is told of; its failures nobody. */
  const registerTold = (functionName: string, destination: string) =>
    world.register(functionName, {
      ...world.toldFunction,
      defaults: { ...world.toldFunction.defaults, destinations: { onSuccess: destination } },
    });

  /** Takes every message of a queue, and removes it. */
  const take = async (QueueUrl: string) => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command);
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return Messages;
  };

  /** What was handed over since it was last asked. */
  const takeHandedOver = async () => (await take(followUpQueueUrl)).map(({ Body = '' }) => Body);
  const handedOver = async (): Promise<{ functionName: string; taskId: string }[]> =>
    (await takeHandedOver()).map((body) => JSON.parse(body));

  /** What one queue was told since it was last asked. */
  const told = async (name: 'told-success' | 'told-failure' | typeof TOPIC_QUEUE) =>
    (await take(queueUrl.replace('/echo', `/${name}`))).map(({ Body = '', MessageAttributes }) => ({
      id: MessageAttributes?.followUpId?.StringValue,
      body: JSON.parse(Body),
    }));

  /** What each kind of destination was told since it was last asked. */
  const toldAll = async () => ({
    queue: [...(await told('told-success')), ...(await told('told-failure'))],
    topic: await told(TOPIC_QUEUE),
    function: receivers.invoked.splice(0).map((body) => ({ body: JSON.parse(body) })),
    eventBus: receivers.events.splice(0).map((event) => ({ event, body: JSON.parse(String(event.Detail)) })),
    webhook: receivers.hooks.splice(0).map(({ headers, body }) => ({
      id: headers['webhook-id'],
      headers,
      body: JSON.parse(body),
    })),
  });

  /** Handles one message as the follow-up function does. */
  const deliverMessage = (body: string, overrides: Partial<DeliverDependencies> = {}) => {
    const message = parseMessage(body);
    const deps = { ...dependencies, ...overrides };
    if (message?.kind === 'keptEnd') return deliverKeptEnd(deps, message.key);
    if (message?.kind === 'wakeUp') return deliverFollowUp(deps, message.key);
    throw new Error(`a follow-up queue must hold keys only, got ${body}`);
  };

  /** Handles every message of the follow-up queue that is visible now. */
  const deliverAll = async (overrides: Partial<DeliverDependencies> = {}) => {
    const deliveries = [];
    for (const body of await takeHandedOver()) deliveries.push(await deliverMessage(body, overrides));
    return deliveries;
  };

  /** How many messages of the follow-up queue are delayed: by real time, which the tests do not wait for. */
  const delayedHandOvers = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: followUpQueueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await sqs.send(command);
    return Number(Attributes.ApproximateNumberOfMessagesDelayed);
  };

  /** The kept ends of a function that the sweep finds now. */
  const dueEnds = async (functionName: string): Promise<EndKey[]> => {
    const command = new QueryCommand({
      TableName: TASK_TABLE,
      IndexName: TASK_INDEXES.byWakeTime,
      KeyConditionExpression: 'timeShard = :shard AND wakeTime <= :until',
      ExpressionAttributeValues: toAttributes({
        ':shard': `${functionName}#0`,
        ':until': clock() + SWEEP_AHEAD_MS,
      }),
    });
    const { Items = [] } = await world.dynamoDb.send(command);
    return Items.flatMap((item) => endKeyOf(keyOf(item)) ?? []);
  };

  /** Sends the keys of a function's kept ends that are due, as the sweep does. Returns how many there were. */
  const resendDueEnds = async (functionName: string, queue = world.queue) => {
    const keys = await dueEnds(functionName);
    const messages = keys.map((key) => ({
      task: { ...endRowKey(key), tenant: functionName },
      delaySeconds: 0,
    }));
    if (messages.length > 0) await queue.sendSome(followUpQueueUrl, messages);
    return keys.length;
  };

  return {
    ...world,
    clear,
    receivers,
    registerTold,
    newAllowedDestinations,
    take,
    deliverDependencies: dependencies,
    takeHandedOver,
    handedOver,
    told,
    toldAll,
    deliverMessage,
    deliverAll,
    delayedHandOvers,
    dueEnds,
    resendDueEnds,
  };
}
