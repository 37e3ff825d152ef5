import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { QueueDestination } from '../../lambdas/aws/queue-destination.ts';
import { type DeliverDependencies, deliverFollowUp } from '../../lambdas/tasks/deliver-follow-up.ts';
import { startSweepWorld } from './sweep-world.ts';

/** The world of the sweep, and who tells destinations: those of the function `told`. */
export async function startFollowUpWorld() {
  const world = await startSweepWorld();
  const { sqs, store, registry, payloads, clock, queueUrl, followUpQueueUrl } = world;
  const dependencies: DeliverDependencies = {
    store,
    registry,
    payloads,
    clock,
    destinations: { sqs: new QueueDestination({ client: sqs }) },
  };

  /** Takes every message of a queue, and removes it. */
  const take = async (QueueUrl: string) => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command);
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return Messages;
  };

  /** What was handed over since it was last asked. */
  const handedOver = async (): Promise<{ functionName: string; taskId: string }[]> =>
    (await take(followUpQueueUrl)).map(({ Body = '' }) => JSON.parse(Body));

  /** What one destination was told since it was last asked. */
  const told = async (name: 'told-success' | 'told-failure') =>
    (await take(queueUrl.replace('/echo', `/${name}`))).map(({ Body = '', MessageAttributes }) => ({
      id: MessageAttributes?.followUpId?.StringValue,
      body: JSON.parse(Body),
    }));

  /** Has every task's destination told that was handed over. */
  const deliverAll = async (overrides: Partial<DeliverDependencies> = {}) => {
    for (const key of await handedOver()) await deliverFollowUp({ ...dependencies, ...overrides }, key);
  };

  return { ...world, deliverDependencies: dependencies, handedOver, told, deliverAll };
}
