import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { callAws } from './faults.ts';

/** The message attribute that carries the follow-up's id. */
export const FOLLOW_UP_ID_ATTRIBUTE = 'followUpId';

/** SQS queues that are told how tasks ended. */
export class QueueDestination {
  readonly #client: SQSClient;

  constructor({ client }: { readonly client: SQSClient }) {
    this.#client = client;
  }

  async deliver({ destination }: AllowedDestination, { id, body }: FollowUpMessage): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: queueUrlOf(destination),
      MessageBody: body,
      MessageAttributes: { [FOLLOW_UP_ID_ATTRIBUTE]: { DataType: 'String', StringValue: id } },
    });
    await callAws('SQS', () => this.#client.send(command));
  }
}

/** SQS names a queue by URL only; where the request goes is the client's own affair (`sqs` in clients.ts). */
function queueUrlOf(arn: string): string {
  const [, partition, , region, account, name] = arn.split(':');
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://sqs.${region}.${suffix}/${account}/${name}`;
}
