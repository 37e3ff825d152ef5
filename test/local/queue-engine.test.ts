import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { ACCOUNT_ID, CREDENTIALS } from '../../local/engines/engine.ts';
import { type QueueEngine, startQueueEngine } from '../../local/engines/queue-engine.ts';
import { temporaryFolder } from './fixtures/assembly.ts';

const engines: QueueEngine[] = [];
const clients: SQSClient[] = [];
let dataDir: string;
beforeEach(async () => {
  dataDir = await temporaryFolder();
});
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));
afterAll(() => {
  for (const client of clients) client.destroy();
});

class Queue {
  readonly #sqs: SQSClient;
  readonly #url: string;

  constructor(engine: QueueEngine, name = 'queue') {
    this.#sqs = new SQSClient({
      region: 'us-east-1',
      endpoint: engine.endpoint,
      credentials: CREDENTIALS,
      maxAttempts: 1,
    });
    clients.push(this.#sqs);
    this.#url = `${engine.endpoint}/${ACCOUNT_ID}/${name}`;
  }

  create = () =>
    this.#sqs.send(
      new CreateQueueCommand({ QueueName: 'queue', Attributes: { VisibilityTimeout: '43200' } }),
    );
  send = (MessageBody: string, options: { DelaySeconds?: number; MessageGroupId?: string } = {}) =>
    this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody, ...options }));
  sendAll = (Entries: SendMessageBatchRequestEntry[]) =>
    this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }));

  async receive(
    options: { WaitTimeSeconds?: number; MaxNumberOfMessages?: number; signal?: AbortSignal } = {},
  ) {
    const { WaitTimeSeconds = 0, MaxNumberOfMessages = 10, signal } = options;
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#url,
        WaitTimeSeconds,
        MaxNumberOfMessages,
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId'],
      }),
      signal ? { abortSignal: signal } : {},
    );
    return Messages.map(({ Body, ReceiptHandle, Attributes }) => ({
      body: Body,
      receiptHandle: ReceiptHandle,
      receiveCount: Attributes?.ApproximateReceiveCount,
      group: Attributes?.MessageGroupId,
    }));
  }

  show = (ReceiptHandle: string | undefined) =>
    this.#sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#url, ReceiptHandle, VisibilityTimeout: 0 }),
    );
  showAll = (receiptHandles: readonly (string | undefined)[]) =>
    this.#sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#url,
        Entries: receiptHandles.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
  attributes = () =>
    this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl: this.#url, AttributeNames: ['All'] }));
}

async function start(): Promise<QueueEngine> {
  const engine = await startQueueEngine(dataDir, 'us-east-1');
  engines.push(engine);
  return engine;
}

async function startWithQueue(): Promise<Queue> {
  const queue = new Queue(await start());
  await queue.create();
  return queue;
}

it.each<[string, () => Promise<unknown>]>([
  ['was stopped', () => engines.shift()?.stop() ?? Promise.resolve()],
  ['died', () => Promise.resolve()],
])('hands a message out again at once that was in flight when the runtime %s', async (_, end) => {
  const before = await startWithQueue();
  await before.send('in flight');
  await before.send('delayed', { DelaySeconds: 900 });
  expect(await before.receive()).toMatchObject([{ body: 'in flight', receiveCount: '1' }]);
  await end();

  const after = new Queue(await start());
  expect(await after.receive()).toMatchObject([{ body: 'in flight', receiveCount: '2' }]);
  const { Attributes } = await after.attributes();
  expect(Attributes).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1' });
});

it('hands a message out again at once whose visibility is set to 0, one by one and in a batch', async () => {
  const queue = await startWithQueue();
  await queue.send('a');
  const [first] = await queue.receive();
  const waiting = queue.receive({ WaitTimeSeconds: 20 });
  await queue.show(first?.receiptHandle);
  const [second, ...rest] = await waiting;
  expect([second?.body, second?.receiveCount, rest]).toEqual(['a', '2', []]);
  expect(await queue.showAll([second?.receiptHandle])).toMatchObject({ Failed: [] });
  expect(await queue.receive()).toMatchObject([{ body: 'a', receiveCount: '3' }]);
});

it('hands no message to a long poll whose client is gone', async () => {
  const queue = await startWithQueue();
  const cutOff = new AbortController();
  const poll = queue.receive({ WaitTimeSeconds: 20, signal: cutOff.signal });
  // Both go over the same network: once this is answered, the poll has reached the engine.
  await queue.attributes();
  cutOff.abort();
  await expect(poll).rejects.toThrow('aborted');
  await queue.attributes();
  await queue.send('for the next');
  expect(await queue.receive({ WaitTimeSeconds: 1 })).toMatchObject([
    { body: 'for the next', receiveCount: '1' },
  ]);
});

it('keeps the group of each message of a standard queue, in a batch and over a restart too', async () => {
  const before = await startWithQueue();
  await before.send('of a', { MessageGroupId: 'a' });
  await before.sendAll([
    { Id: '0', MessageBody: 'not valid: \u0000', MessageGroupId: 'never' },
    { Id: '1', MessageBody: 'of b', MessageGroupId: 'b' },
    { Id: '2', MessageBody: 'of none' },
    {
      Id: '3',
      MessageBody: 'of c',
      MessageGroupId: 'c',
      MessageAttributes: { color: { DataType: 'String', StringValue: 'blue' } },
    },
  ]);
  await engines.shift()?.stop();
  const after = new Queue(await start());
  const groups = Object.fromEntries((await after.receive()).map(({ body, group }) => [body, group]));
  expect(groups).toEqual({ 'of a': 'a', 'of b': 'b', 'of none': undefined, 'of c': 'c' });
});

it('hands out the messages of a flood and of a few in turns, one by one and in a batch', async () => {
  const queue = await startWithQueue();
  for (const body of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'b2', 'b3']) {
    await queue.send(body, { MessageGroupId: body.charAt(0) });
  }
  const bodies = async (MaxNumberOfMessages: number) =>
    (await queue.receive({ MaxNumberOfMessages })).map(({ body }) => body);
  expect([...(await bodies(1)), ...(await bodies(1)), ...(await bodies(1))]).toEqual(['a1', 'b1', 'a2']);
  expect(await bodies(4)).toEqual(['b2', 'a3', 'b3', 'a4']);
  expect(await bodies(10)).toEqual(['a5', 'a6']);
});
