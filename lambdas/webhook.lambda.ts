import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { HostBreaker, WebhookDestination } from './aws/webhook-destination.ts';
import { WebhookSecrets } from './aws/webhook-secrets.ts';
import { ENV } from './domain/env.ts';
import { followUpAdapters } from './follow-up-adapters.ts';
import { deliverFollowUps } from './tasks/deliver-follow-ups.ts';

const dependencies = {
  ...followUpAdapters,
  destinations: {
    webhook: new WebhookDestination({
      secrets: new WebhookSecrets(),
      clock: Date.now,
      isLoopbackAllowed: process.env[ENV.allowsLocalWebhooks] === 'true',
      breaker: new HostBreaker(Date.now),
    }),
  },
};

/** Tells webhooks how tasks ended, one at a time: a receiver that hangs holds an instance, and no other delivery. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await deliverFollowUps(dependencies, Records);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
