import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { snsClient } from './destination-clients.ts';
import { callAws } from './faults.ts';
import { followUpAttributes } from './queue-destination.ts';

/** SNS topics that are told how tasks ended. */
export class TopicDestination {
  async deliver({ destination }: AllowedDestination, message: FollowUpMessage): Promise<void> {
    const { PublishCommand } = await import('@aws-sdk/client-sns');
    const command = new PublishCommand({
      TopicArn: destination,
      Message: message.body,
      MessageAttributes: followUpAttributes(message),
    });
    const client = await snsClient();
    await callAws('SNS', () => client.send(command));
  }
}
