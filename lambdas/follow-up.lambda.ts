import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { sqs } from './aws/clients.ts';
import { EventBusDestination } from './aws/event-bus-destination.ts';
import { FunctionDestination } from './aws/function-destination.ts';
import { QueueDestination } from './aws/queue-destination.ts';
import { TopicDestination } from './aws/topic-destination.ts';
import { Waiters } from './aws/waiters.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { followUpAdapters } from './follow-up-adapters.ts';
import { deliverFollowUps } from './tasks/deliver-follow-ups.ts';

const dependencies = {
  ...followUpAdapters,
  destinations: {
    queue: new QueueDestination({ client: sqs }),
    topic: new TopicDestination(),
    function: new FunctionDestination(),
    eventBus: new EventBusDestination(),
  },
  waiters: new Waiters(),
  webhookQueueUrl: requiredEnv(process.env, ENV.webhookQueueUrl),
};

/** Answers workflows and tells destinations how tasks ended. Webhooks are told by the function of webhook.lambda.ts. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await deliverFollowUps(dependencies, Records);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
