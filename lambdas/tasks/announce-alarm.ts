import { createHash } from 'node:crypto';
import type { WebhookDestination } from '../aws/webhook-destination.ts';
import {
  type AlarmTemplate,
  alarmBody,
  alarmRefusal,
  parseAlarmNotice,
  plainBody,
} from '../domain/alarm-notice.ts';
import type { AllowedDestination } from '../domain/destination.ts';

/** A receiver of alarms, as the construct deployed it. */
export interface AlarmWebhook extends AllowedDestination {
  readonly template: AlarmTemplate;
}

export interface AnnounceDependencies {
  readonly webhooks: Pick<WebhookDestination, 'deliver'>;
  /** The time as ISO-8601, UTC. */
  readonly isoClock: () => string;
}

/**
 * Tells a webhook what was published to the topic of the alarms, under the same id however often it is told.
 * @throws DeliveryError when it was not told.
 */
export async function announceAlarm(
  { webhooks, isoClock }: AnnounceDependencies,
  webhook: AlarmWebhook,
  message: string,
): Promise<void> {
  const { template } = webhook;
  const notice = parseAlarmNotice(message);
  const body = notice ? alarmBody(template, notice) : plainBody(template, message, isoClock());
  const id = `alarm-${createHash('sha256').update(message).digest('hex').slice(0, 32)}`;
  await webhooks.deliver(webhook, { id, body }, (answer) => alarmRefusal(template, answer));
}
