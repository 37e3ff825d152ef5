import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { AllowedDestination, FollowUpMessage } from '../domain/destination.ts';
import { traceHeaders } from '../domain/trace.ts';
import { callAws } from './faults.ts';

/** The message attributes of a follow-up: its id, and the headers of its trace. */
export function followUpAttributes({ id, trace }: FollowUpMessage) {
  const values = { followUpId: id, ...traceHeaders(trace) };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  );
}

/** SQS queues that are told how tasks ended. */
export class QueueDestination {
  readonly #client: SQSClient;

  constructor({ client }: { readonly client: SQSClient }) {
    this.#client = client;
  }

  async deliver({ destination }: AllowedDestination, message: FollowUpMessage): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: queueUrlOf(destination),
      MessageBody: message.body,
      MessageAttributes: followUpAttributes(message),
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
