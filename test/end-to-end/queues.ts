import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll } from 'vitest';
import type { LocalRuntime } from '../../local/runtime.ts';

/** The queues of a runtime that runs the unruly app. */
export function queuesOf(runtime: LocalRuntime, assemblyDir: string) {
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: runtime.endpoints.sqs,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  afterAll(() => sqs.destroy());
  const { Resources } = JSON.parse(readFileSync(join(assemblyDir, 'Unruly.template.json'), 'utf-8'));

  /** The URL of a queue of the app, by the beginning of its logical id. */
  const urlOf = (name: string) =>
    runtime.ref(Object.keys(Resources).find((id) => id.replace(/[0-9A-F]{8}$/, '') === name) ?? '');

  /** Waits for the next message of a queue, and removes it. */
  const next = async (name: string) => {
    const QueueUrl = urlOf(name);
    const command = new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 20,
      MessageAttributeNames: ['All'],
    });
    const { Messages: [message] = [] } = await sqs.send(command);
    if (!message) throw new Error(`queue ${name} was told nothing in 20 s`);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    return {
      id: message.MessageAttributes?.followUpId?.StringValue,
      body: JSON.parse(message.Body ?? '{}'),
    };
  };

  return { next };
}
