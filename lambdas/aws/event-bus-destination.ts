import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { DeliveryError } from '../domain/destination.ts';
import { eventBridgeClient } from './destination-clients.ts';
import { callAws } from './faults.ts';

/** What rules of an event bus know our events by, beside the detail-type: `Task Succeeded`, `Task Failed` … */
const EVENT_SOURCE = 'task-mode';

/** EventBridge buses that are told how tasks ended: the body is the event's detail. */
export class EventBusDestination {
  async deliver(
    { destination }: AllowedDestination,
    { body, status, functionArn, endTime }: FollowUpMessage,
  ): Promise<void> {
    const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
    const entry = {
      EventBusName: destination,
      Source: EVENT_SOURCE,
      DetailType: `Task ${status}`,
      Detail: body,
      Time: new Date(endTime),
      ...(functionArn !== '' && { Resources: [functionArn] }),
    };
    const client = await eventBridgeClient();
    const { FailedEntryCount, Entries } = await callAws('EventBridge', () =>
      client.send(new PutEventsCommand({ Entries: [entry] })),
    );
    // It answers 200 to events that it did not take (AWS EventBridge, PutEvents).
    if (FailedEntryCount) throw new DeliveryError(`EventBridge answered ${Entries?.[0]?.ErrorCode}`);
  }
}
