import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { AllowedDestinations } from './aws/allowed-destinations.ts';
import { dynamoDb, sqs } from './aws/clients.ts';
import { EventBusDestination } from './aws/event-bus-destination.ts';
import { FunctionDestination } from './aws/function-destination.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { type Message, parseMessage } from './aws/message.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { QueueDestination } from './aws/queue-destination.ts';
import { TaskStore } from './aws/task-store.ts';
import { TopicDestination } from './aws/topic-destination.ts';
import { Waiters } from './aws/waiters.ts';
import { WebhookDestination } from './aws/webhook-destination.ts';
import { WebhookSecrets } from './aws/webhook-secrets.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import type { MetricName } from './domain/metrics.ts';
import { type Delivery, deliverFollowUp, deliverInvocationEnd } from './tasks/deliver-follow-up.ts';

const logger = new Logger();
const countMetrics = metricLog(requiredEnv(process.env, ENV.service));
const functionTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.functionTableName) };
const dependencies = {
  // It writes no index entry that shards spread.
  store: new TaskStore({
    client: dynamoDb,
    tableName: requiredEnv(process.env, ENV.taskTableName),
    shardCount: 1,
  }),
  registry: new FunctionRegistry(functionTable),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  allowedDestinations: new AllowedDestinations(functionTable),
  destinations: {
    queue: new QueueDestination({ client: sqs }),
    topic: new TopicDestination(),
    function: new FunctionDestination(),
    eventBus: new EventBusDestination(),
    webhook: new WebhookDestination({
      secrets: new WebhookSecrets(),
      clock: Date.now,
      isLoopbackAllowed: process.env[ENV.allowsLocalWebhooks] === 'true',
    }),
  },
  waiters: new Waiters(),
  clock: Date.now,
};

interface Told {
  readonly isDone: boolean;
  readonly functionName?: string;
  readonly outcome?: Delivery['outcome'];
}

/** Tells the destinations of what has ended, and keeps the messages of those that are soon tried again. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const told = await Promise.all(Records.map(deliver));
  countDeliveries(told);
  const kept = Records.filter((_, index) => !told[index]?.isDone);
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function deliver({ messageId, body, attributes }: SQSRecord): Promise<Told> {
  const message = parseMessage(body);
  if (!message || message.kind === 'invocation') {
    logger.error('message dropped: it is about no end', { messageId });
    return { isDone: true };
  }
  const { functionName, taskId } = message.kind === 'end' ? message.ended : message.key;
  const about = { functionName, [message.kind === 'end' ? 'invocationId' : 'taskId']: taskId };
  try {
    const delivery = await deliverOnce(message, Number(attributes.ApproximateReceiveCount) > 1);
    const { outcome } = delivery;
    if ('error' in delivery) {
      const error = causeOf(delivery.error);
      logger.warn('destination was not told', { ...about, isTriedAgain: outcome !== 'given up', error });
    }
    return { isDone: outcome !== 'again', functionName, outcome };
  } catch (error) {
    const told = { ...about, error: causeOf(error) };
    logger.error('end could not be read or noted: its destination is tried again', told);
    return { isDone: false };
  }
}

function deliverOnce(
  message: Exclude<Message, { kind: 'invocation' }>,
  isRepeated: boolean,
): Promise<Delivery> {
  return message.kind === 'end'
    ? deliverInvocationEnd(dependencies, message.ended, isRepeated)
    : deliverFollowUp(dependencies, message.key);
}

const COUNTED = {
  DestinationDeliveredCount: ['delivered'],
  DestinationErrorCount: ['again', 'later', 'given up'],
  DestinationGivenUpCount: ['given up'],
} as const satisfies MetricOutcomes;

type MetricOutcomes = { readonly [Name in MetricName]?: readonly Delivery['outcome'][] };

/** One line for each function of a batch: what was delivered, what a destination did not take, and what is given up. */
function countDeliveries(told: readonly Told[]): void {
  for (const [functionName, ofFunction] of Map.groupBy(told, (each) => each.functionName)) {
    const counts = Object.entries<readonly (Delivery['outcome'] | undefined)[]>(COUNTED).map(
      ([name, outcomes]) =>
        [name, ofFunction.filter(({ outcome }) => outcomes.includes(outcome)).length] as const,
    );
    const values = Object.fromEntries(counts.filter(([, count]) => count > 0));
    if (Object.keys(values).length > 0) countMetrics(functionName, values);
  }
}

function causeOf(error: unknown): string {
  return String(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
