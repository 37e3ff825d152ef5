import { randomUUID } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { beforeEach } from 'vitest';
import { parseMessage, toMessageBody } from '../../lambdas/aws/message.ts';
import { RunCounter } from '../../lambdas/aws/run-counter.ts';
import { DeliveryError } from '../../lambdas/domain/destination.ts';
import type { Invocation } from '../../lambdas/domain/invocation.ts';
import type { EndKey } from '../../lambdas/domain/kept-end.ts';
import { type AcceptRequest, acceptInvocation } from '../../lambdas/tasks/accept-invocation.ts';
import { type DeliverDependencies, deliverKeptEnd } from '../../lambdas/tasks/deliver-follow-up.ts';
import type { InvocationDelivery } from '../../lambdas/tasks/end-invocation.ts';
import { type RunInvocationDependencies, runInvocation } from '../../lambdas/tasks/run-invocation.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startFollowUpWorld } from './follow-up-world.ts';
import { succeed } from './world.ts';

/** The world of follow-ups, and a function `loose` with task mode off, two retries, and two queues that are told. */
export async function startInvocationWorld() {
  const world = await startFollowUpWorld();
  const { sqs, queueUrl, queue, payloads, clock, time, random, followUpQueueUrl } = world;
  const log: string[] = [];
  // Repetitions come at once: the queue's delays are in real time.
  random.value = 0;

  const configure = (config: object = {}) =>
    world.register('loose', {
      ...world.toldFunction,
      defaults: { ...world.toldFunction.defaults, asyncTask: false, maxAsyncRetryAttempts: 2, ...config },
    });

  beforeEach(async () => {
    world.registry.forget('loose');
    await configure();
    log.length = 0;
  });

  const accept = (request: Partial<AcceptRequest> = {}, deps: object = {}) =>
    acceptInvocation(
      { ...world, countMetrics: world.counts.count, ...deps },
      {
        functionName: 'loose',
        requestId: 'request-1',
        tenant: 'tenant-1',
        delaySeconds: 0,
        payload: '{"n": 1}',
        taskFields: {},
        ...request,
      },
    );

  const runs = new RunCounter({ client: world.dynamoDb, tableName: TASK_TABLE });
  const dependencies = (attempt: RunInvocationDependencies['attempt']): RunInvocationDependencies => ({
    queue,
    queueUrl,
    followUpQueueUrl,
    payloads,
    ends: world.ends,
    runs,
    clock,
    random: () => random.value,
    pause: async (milliseconds) => {
      time.now += milliseconds;
    },
    instanceId: 'instance-1',
    countMetrics: world.counts.count,
    attempt,
    attemptNeedsMs: 0,
    log: {
      invocationFailed: ({ attempt: number }, { kind }) => log.push(`attempt ${number} failed ${kind}`),
      invocationExpired: () => log.push('expired'),
      invocationHandedBack: () => log.push('handed back'),
    },
  });

  /** Takes one message of an invocation that is visible now, as a worker gets it. */
  const take = async (): Promise<InvocationDelivery | undefined> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      VisibilityTimeout: 60,
    });
    const { Body = '', ReceiptHandle = '', Attributes } = (await sqs.send(command)).Messages?.[0] ?? {};
    const message = parseMessage(Body);
    if (message?.kind !== 'invocation') return undefined;
    return {
      invocation: message.invocation,
      receiptHandle: ReceiptHandle,
      runId: randomUUID(),
      invocationEndTime: time.now + 70_000,
      isRepeated: Number(Attributes?.ApproximateReceiveCount) > 1,
    };
  };

  const takeOne = async (): Promise<InvocationDelivery> => {
    const delivery = await take();
    if (!delivery) throw new Error('no message of an invocation is visible');
    return delivery;
  };

  const remove = ({ receiptHandle }: InvocationDelivery) =>
    sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));

  /** Has a message come again at once: what was to be done with it died, or could not begin. */
  const again = ({ receiptHandle }: InvocationDelivery) =>
    sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }),
    );

  /** One delivery to a worker, whose event source removes what is done. */
  const deliver = async (
    attempt: RunInvocationDependencies['attempt'] = succeed,
    overrides: Partial<RunInvocationDependencies> = {},
  ) => {
    const delivery = await takeOne();
    await runInvocation({ ...dependencies(attempt), ...overrides }, delivery);
    await remove(delivery);
  };

  /** Puts an invocation into the queue as it is, however it came to be so. */
  const send = (invocation: Invocation) => queue.sendInvocation(queueUrl, invocation, 0);

  const rows = async () =>
    (await world.dynamoDb.send(new ScanCommand({ TableName: TASK_TABLE }))).Items ?? [];

  /** The keys of the ends of invocations that were handed over since it was last asked. */
  const endsHandedOver = async (): Promise<EndKey[]> =>
    (await world.takeHandedOver()).flatMap((body) => {
      const message = parseMessage(body);
      return message?.kind === 'keptEnd' ? [message.key] : [];
    });

  const deliverEnd = (key: EndKey, overrides: object = {}) =>
    deliverKeptEnd({ ...world.deliverDependencies, ...overrides }, key);

  /** Destinations that take nothing. */
  const failingDestinations = (): Pick<DeliverDependencies, 'destinations'> => {
    const away = {
      deliver: async () => {
        throw new DeliveryError('it is away');
      },
    };
    return { destinations: { queue: away, topic: away, function: away, eventBus: away, webhook: away } };
  };

  const put = (QueueUrl: string, MessageBody: string) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const putLooseDeadLetter = (invocation: Invocation) =>
    put(queueUrl.replace('/echo', '/told-dead'), toMessageBody({ kind: 'invocation', invocation }));
  const putUndelivered = (key: EndKey | { functionName: string; taskId: string }) =>
    put(
      world.followUpDeadLetterQueueUrl,
      toMessageBody('endId' in key ? { kind: 'keptEnd', key } : { kind: 'wakeUp', key }),
    );

  return {
    ...world,
    log,
    configure,
    accept,
    runs,
    invocationDependencies: dependencies,
    take,
    takeOne,
    again,
    removeMessage: remove,
    deliverInvocation: deliver,
    send,
    rows,
    endsHandedOver,
    deliverEnd,
    failingDestinations,
    putLooseDeadLetter,
    putUndelivered,
  };
}
