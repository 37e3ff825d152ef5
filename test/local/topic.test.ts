import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const subscription = (queue: string, properties: object = {}) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arnOf(queue), ...properties },
});

const RESOURCES: Resources = {
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
  Policy: { Type: 'AWS::SNS::TopicPolicy' },
  Queue: { Type: 'AWS::SQS::Queue' },
  Other: { Type: 'AWS::SQS::Queue' },
};

const dataDir = await temporaryFolder();
const lines: string[] = [];
let running: LocalRuntime | undefined;
afterAll(() => running?.stop());

/** Starts on the data of the start before. */
async function start(resources: Resources): Promise<LocalRuntime> {
  await running?.stop();
  running = undefined;
  running = await startLocalRuntime({
    assemblyDir: await writeAssembly({ resources: { ...RESOURCES, ...resources } }),
    port: 0,
    dataDir,
    log: (line) => lines.push(line),
  });
  return running;
}

const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

async function published({ endpoints, ref }: LocalRuntime, Message: string, attributes = {}) {
  const sns = new SNSClient({ ...common, endpoint: endpoints.sns });
  const sqs = new SQSClient({ ...common, endpoint: endpoints.sqs });
  await sns.send(new PublishCommand({ TopicArn: ref('Topic'), Message, MessageAttributes: attributes }));
  const received = async (queue: string) => {
    const QueueUrl = ref(queue);
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await sqs.send(command);
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return Messages.map(({ Body }) => Body);
  };
  const bodies = { Queue: await received('Queue'), Other: await received('Other') };
  sns.destroy();
  sqs.destroy();
  return bodies;
}

describe('a topic', () => {
  test('tells the queues that are subscribed to it', async () => {
    const runtime = await start({
      Raw: subscription('Queue', { RawMessageDelivery: true }),
      Wrapped: subscription('Other'),
    });
    expect(runtime.ref('Topic')).toBe('arn:aws:sns:us-east-1:000000000000:news');
    const { Queue, Other } = await published(runtime, 'hello');
    expect(Queue).toEqual(['hello']);
    expect(JSON.parse(Other[0] ?? '')).toMatchObject({ Type: 'Notification', Message: 'hello' });
  });

  test('tells those that the template names now, as it names them now', async () => {
    const runtime = await start({
      Raw: subscription('Queue', { RawMessageDelivery: true, FilterPolicy: { kind: ['wanted'] } }),
    });
    expect(await published(runtime, 'no one')).toEqual({ Queue: [], Other: [] });
    const attributes = { kind: { DataType: 'String', StringValue: 'wanted' } };
    expect(await published(runtime, 'one', attributes)).toEqual({ Queue: ['one'], Other: [] });
  });

  test('can name its subscriptions itself', async () => {
    const Topic = {
      ...RESOURCES.Topic,
      Properties: { TopicName: 'news', Subscription: [{ Protocol: 'sqs', Endpoint: arnOf('Other') }] },
    } as Resources[string];
    const { Queue, Other } = await published(await start({ Topic }), 'hello');
    expect([Queue.length, Other.length]).toEqual([0, 1]);
  });

  test('sends no mail, and says so', async () => {
    const runtime = await start({
      Mail: subscription('Queue', { Protocol: 'email', Endpoint: 'a@example.com' }),
    });
    expect(lines).toContain('task-mode | Mail: email to a@example.com is not sent from this machine');
    expect(await published(runtime, 'hello')).toEqual({ Queue: [], Other: [] });
  });

  test('that is to tell a function is refused', async () => {
    await expect(start({ Fn: subscription('Queue', { Protocol: 'lambda' }) })).rejects.toThrow(
      'Fn.Protocol is "lambda": want sqs',
    );
  });
});
