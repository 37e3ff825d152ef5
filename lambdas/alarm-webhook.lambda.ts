import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { WebhookDestination } from './aws/webhook-destination.ts';
import { WebhookSecrets } from './aws/webhook-secrets.ts';
import { DeliveryError } from './domain/destination.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { type AlarmWebhook, announceAlarm } from './tasks/announce-alarm.ts';

const logger = new Logger();
/** By the ARN of the queue that each has of its own: that one does not answer must not have the others told again. */
const webhooksByQueue: Readonly<Record<string, AlarmWebhook>> = JSON.parse(
  requiredEnv(process.env, ENV.alarmWebhooks),
);
const dependencies = {
  webhooks: new WebhookDestination({
    secrets: new WebhookSecrets(),
    clock: Date.now,
    isLoopbackAllowed: process.env[ENV.allowsLocalWebhooks] === 'true',
  }),
  isoClock: () => new Date().toISOString(),
};

/** Tells webhooks of alarms, and keeps the messages of those that did not take it. */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const isDone = await Promise.all(Records.map(announce));
  const kept = Records.filter((_, index) => !isDone[index]);
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function announce({ messageId, eventSourceARN, body }: SQSRecord): Promise<boolean> {
  const webhook = webhooksByQueue[eventSourceARN];
  if (!webhook) {
    logger.error('message dropped: its queue has no webhook', { messageId, eventSourceARN });
    return true;
  }
  try {
    await announceAlarm(dependencies, webhook, body);
    return true;
  } catch (error) {
    const isFinal = error instanceof DeliveryError && error.isFinal;
    // The URL may hold a token: its host says enough.
    logger.error('webhook was not told of an alarm', {
      host: new URL(webhook.destination).host,
      isTriedAgain: !isFinal,
      error: String(error),
    });
    return isFinal;
  }
}
