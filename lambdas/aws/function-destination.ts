import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { eventLambdaClient } from './destination-clients.ts';
import { callAws } from './faults.ts';

/** Lambda functions that are told how tasks ended, asynchronously: Lambda repeats what they fail, by their own settings. */
export class FunctionDestination {
  async deliver({ destination }: AllowedDestination, { body }: FollowUpMessage): Promise<void> {
    const { InvokeCommand } = await import('@aws-sdk/client-lambda');
    const command = new InvokeCommand({
      FunctionName: destination,
      InvocationType: 'Event',
      Payload: new TextEncoder().encode(body),
    });
    const client = await eventLambdaClient();
    await callAws('Lambda', () => client.send(command));
  }
}
