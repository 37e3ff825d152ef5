import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CREDENTIALS } from '../../local/engines/engine.ts';

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Waits until no queue holds a message, for so long at most; tells how many there still are. */
export async function leftMessages(endpoint: string, region: string, withinMs: number): Promise<number> {
  const client = new SQSClient({ endpoint, region, credentials: CREDENTIALS });
  const deadline = Date.now() + withinMs;
  try {
    const { QueueUrls = [] } = await client.send(new ListQueuesCommand());
    for (;;) {
      const counts = await Promise.all(QueueUrls.map((url) => messagesIn(client, url)));
      const left = counts.reduce((sum, count) => sum + count, 0);
      if (left === 0 || Date.now() > deadline) return left;
      await pause(250);
    }
  } finally {
    client.destroy();
  }
}

async function messagesIn(client: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }),
  );
  return COUNTS.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}
