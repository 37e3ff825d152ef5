import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { snsClient } from './destination-clients.ts';
import { callAws } from './faults.ts';
import { FOLLOW_UP_ID_ATTRIBUTE } from './queue-destination.ts';

/** SNS topics that are told how tasks ended. */
export class TopicDestination {
  async deliver({ destination }: AllowedDestination, { id, body }: FollowUpMessage): Promise<void> {
    const { PublishCommand } = await import('@aws-sdk/client-sns');
    const command = new PublishCommand({
      TopicArn: destination,
      Message: body,
      MessageAttributes: { [FOLLOW_UP_ID_ATTRIBUTE]: { DataType: 'String', StringValue: id } },
    });
    const client = await snsClient();
    await callAws('SNS', () => client.send(command));
  }
}
