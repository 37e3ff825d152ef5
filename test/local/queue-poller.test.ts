import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { type QueueEngine, startQueueEngine } from '../../local/engines/queue-engine.ts';
import { QueuePoller, type QueuePollerOptions } from '../../local/event-sources/queue-poller.ts';
import type { InvokeResult } from '../../local/functions/protocol.ts';
import type { Host } from '../../local/resources/deployer.ts';
import { Properties } from '../../local/resources/properties.ts';
import { deployQueue } from '../../local/resources/queue.ts';
import { temporaryFolder } from './fixtures/assembly.ts';

interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Record<string, string>;
}

let engine: QueueEngine;
let sqs: SQSClient;
let queueCount = 0;
const pollers: QueuePoller[] = [];

beforeAll(async () => {
  engine = await startQueueEngine(await temporaryFolder(), 'us-east-1');
  sqs = new SQSClient({ region: 'us-east-1', endpoint: engine.endpoint, credentials: CREDENTIALS });
});
afterEach(async () => {
  await Promise.all(pollers.splice(0).map((poller) => poller.stop()));
});
afterAll(async () => {
  sqs.destroy();
  await engine.stop();
});

async function makeQueue(properties: Record<string, number> = {}) {
  queueCount += 1;
  const logicalId = `Queue${queueCount}`;
  const host = { stackName: 'Test', region: 'us-east-1', sqs, sqsEndpoint: engine.endpoint } as Host;
  const resource = {
    logicalId,
    type: 'AWS::SQS::Queue',
    properties: new Properties(logicalId, properties),
    metadata: {},
  };
  const { ref, attributes } = await deployQueue(resource, host);
  return { queueUrl: ref, queueArn: attributes.Arn ?? '' };
}

function poll(
  queue: { queueUrl: string; queueArn: string },
  handle: (records: SqsRecord[]) => Promise<unknown>,
  { maxConcurrency = 10, ...options }: Partial<QueuePollerOptions> & { maxConcurrency?: number } = {},
): string[] {
  const notes: string[] = [];
  const invoke = async (_: string, event: unknown): Promise<InvokeResult> => {
    try {
      return { payload: (await handle((event as { Records: SqsRecord[] }).Records)) ?? null };
    } catch (error) {
      return { functionError: { errorType: 'Error', errorMessage: String(error) } };
    }
  };
  const poller = new QueuePoller({
    ...queue,
    functionName: 'fn',
    region: 'us-east-1',
    batchSize: 1,
    batchingWindowSeconds: 0,
    reportsItemFailures: true,
    sqs,
    lambda: { invoke },
    log: (line) => notes.push(line),
    ...options,
  });
  poller.setConcurrency(maxConcurrency);
  pollers.push(poller);
  poller.start();
  return notes;
}

const send = (queueUrl: string, body: string) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageGroupId: 'caller',
      MessageAttributes: { color: { DataType: 'String', StringValue: 'blue' } },
    }),
  );

async function sendMany(queueUrl: string, count: number) {
  for (let first = 0; first < count; first += 10) {
    const Entries = Array.from({ length: Math.min(10, count - first) }, (_, index) => ({
      Id: String(index),
      MessageBody: String(first + index),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

async function leftIn(queueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes?.ApproximateNumberOfMessages) +
    Number(Attributes?.ApproximateNumberOfMessagesNotVisible)
  );
}

async function visibleIn(queueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

it('gives records as Lambda does and deletes what succeeded', async () => {
  const queue = await makeQueue();
  const records: SqsRecord[] = [];
  poll(queue, async (batch) => void records.push(...batch));
  await send(queue.queueUrl, 'hello');
  await vi.waitFor(async () => expect(await leftIn(queue.queueUrl)).toBe(0));
  expect(records).toEqual([
    {
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      body: 'hello',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: '000000000000',
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        MessageGroupId: 'caller',
      },
      messageAttributes: {
        color: { stringValue: 'blue', stringListValues: [], binaryListValues: [], dataType: 'String' },
      },
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      md5OfMessageAttributes: expect.any(String),
      eventSource: 'aws:sqs',
      eventSourceARN: queue.queueArn,
      awsRegion: 'us-east-1',
    },
  ]);
});

it('picks a message up within milliseconds', async () => {
  const queue = await makeQueue();
  const received = Promise.withResolvers<number>();
  poll(queue, async () => received.resolve(performance.now()));
  const sentMs = performance.now();
  await send(queue.queueUrl, 'now');
  // A few milliseconds on an idle machine; the poll of 20 s would be the alternative.
  expect((await received.promise) - sentMs).toBeLessThan(500);
});

it('brings back only the failed messages of a batch, and after the visibility time-out', async () => {
  const queue = await makeQueue({ VisibilityTimeout: 1 });
  const counts = new Map<string, number[]>();
  await sendMany(queue.queueUrl, 5);
  const startMs = performance.now();
  poll(
    queue,
    async (batch) => {
      const batchItemFailures = [];
      for (const { body, messageId, attributes } of batch) {
        counts.set(body, [...(counts.get(body) ?? []), Number(attributes.ApproximateReceiveCount)]);
        if (body === '3' && attributes.ApproximateReceiveCount === '1') {
          batchItemFailures.push({ itemIdentifier: messageId });
        }
      }
      return { batchItemFailures };
    },
    { batchSize: 10 },
  );
  await vi.waitFor(() => expect(counts.get('3')).toEqual([1, 2]), { timeout: 5000 });
  expect(performance.now() - startMs).toBeGreaterThan(900);
  await vi.waitFor(async () => expect(await leftIn(queue.queueUrl)).toBe(0));
  expect(['0', '1', '2', '4'].map((body) => counts.get(body))).toEqual([[1], [1], [1], [1]]);
});

it.each<[string, () => Promise<unknown>]>([
  ['the function fails', () => Promise.reject(new Error('no'))],
  ['an identifier is unknown', async () => ({ batchItemFailures: [{ itemIdentifier: 'other' }] })],
  ['an identifier is empty', async () => ({ batchItemFailures: [{ itemIdentifier: '' }] })],
  ['the key is misspelt', async () => ({ batchItemFailures: [{ ItemIdentifier: 'x' }] })],
  ['the response is no object', async () => 'fine'],
])('deletes nothing when %s', async (_, answer) => {
  const queue = await makeQueue({ VisibilityTimeout: 30 });
  let calls = 0;
  const notes = poll(queue, () => {
    calls += 1;
    return answer();
  });
  await send(queue.queueUrl, 'keep');
  await vi.waitFor(() => expect(notes).toHaveLength(1));
  expect(calls).toBe(1);
  expect(await leftIn(queue.queueUrl)).toBe(1);
});

it('ignores the response of a mapping without ReportBatchItemFailures', async () => {
  const queue = await makeQueue();
  poll(queue, async () => 'whatever', { reportsItemFailures: false });
  await send(queue.queueUrl, 'x');
  await vi.waitFor(async () => expect(await leftIn(queue.queueUrl)).toBe(0));
});

it('never runs more batches at once than the maximum concurrency, and reaches it', async () => {
  const queue = await makeQueue();
  let running = 0;
  let most = 0;
  let done = 0;
  let open: () => void = () => undefined;
  const allRun = new Promise<void>((resolve) => {
    open = resolve;
  });
  await sendMany(queue.queueUrl, 60);
  poll(
    queue,
    async () => {
      running += 1;
      most = Math.max(most, running);
      // The first ones wait for each other: were the maximum never reached, none would end.
      if (running === 4) open();
      await allRun;
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done += 1;
    },
    { maxConcurrency: 4 },
  );
  await vi.waitFor(() => expect(done).toBe(60), { timeout: 5000 });
  expect(most).toBe(4);
  await vi.waitFor(async () => expect(await leftIn(queue.queueUrl)).toBe(0));
});

it('takes no message that it has no slot for', async () => {
  const queue = await makeQueue();
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  await sendMany(queue.queueUrl, 5);
  poll(
    queue,
    async () => {
      calls += 1;
      await gate.promise;
    },
    { maxConcurrency: 2 },
  );
  await vi.waitFor(() => expect(calls).toBe(2));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queue.queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  expect(Attributes?.ApproximateNumberOfMessages).toBe('3');
  gate.resolve();
  await vi.waitFor(() => expect(calls).toBe(5));
});

it('receives nothing while it may run nothing, and gives back what its last poll brings', async () => {
  const queue = await makeQueue({ VisibilityTimeout: 600 });
  const bodies: string[] = [];
  poll(queue, async ([record]) => void bodies.push(record?.body ?? ''));
  const [poller] = pollers.slice(-1);
  await send(queue.queueUrl, 'before');
  await vi.waitFor(() => expect(bodies).toEqual(['before']));
  poller?.setConcurrency(0);
  // Twice: the poll that was under way takes the first one.
  await send(queue.queueUrl, 'after');
  await send(queue.queueUrl, 'after');
  await vi.waitFor(async () => expect(await visibleIn(queue.queueUrl)).toBe(2));
  expect(bodies).toEqual(['before']);
  poller?.setConcurrency(1);
  await vi.waitFor(() => expect(bodies).toEqual(['before', 'after', 'after']));
});

it.each([
  ['fewer', 4, 2],
  ['more', 2, 4],
])('runs %s at once when told so, and what runs goes on', async (_, first, then) => {
  const queue = await makeQueue({ VisibilityTimeout: 600 });
  const ends: (() => void)[] = [];
  let running = 0;
  await sendMany(queue.queueUrl, 12);
  poll(
    queue,
    async () => {
      running += 1;
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    },
    { maxConcurrency: first },
  );
  await vi.waitFor(() => expect(running).toBe(first));
  pollers.at(-1)?.setConcurrency(then);
  if (then < first) {
    for (const end of ends.splice(0)) end();
    await vi.waitFor(() => expect(ends).toHaveLength(then));
  }
  await vi.waitFor(() => expect(running).toBe(then));
  expect(await visibleIn(queue.queueUrl)).toBe(then < first ? 12 - first - then : 12 - then);
  for (let left = 12; left > 0; left = await leftIn(queue.queueUrl)) {
    for (const end of ends.splice(0)) end();
    expect(running).toBeLessThanOrEqual(then);
  }
});

it('stops though fewer may run than do', async () => {
  const queue = await makeQueue();
  const gate = Promise.withResolvers<void>();
  let running = 0;
  await sendMany(queue.queueUrl, 4);
  poll(queue, () => {
    running += 1;
    return gate.promise;
  });
  await vi.waitFor(() => expect(running).toBe(4));
  const poller = pollers.at(-1);
  poller?.setConcurrency(0);
  await poller?.stop();
  gate.resolve();
  await poller?.settled();
});

it('fills a batch over 10 within the batching window', async () => {
  const queue = await makeQueue();
  const sizes: number[] = [];
  await sendMany(queue.queueUrl, 15);
  poll(queue, async (batch) => void sizes.push(batch.length), { batchSize: 15, batchingWindowSeconds: 2 });
  await vi.waitFor(() => expect(sizes).toEqual([15]));
});

it('goes on after the engine was away', async () => {
  const queue = await makeQueue();
  const [, port] = new URL(queue.queueUrl).host.split(':');
  const wrong = new SQSClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  let usesWrong = true;
  const flaky = {
    send: (...args: Parameters<SQSClient['send']>) => (usesWrong ? wrong : sqs).send(...args),
  } as SQSClient;
  const calls: number[] = [];
  const notes = poll(queue, async () => void calls.push(1), { sqs: flaky });
  await vi.waitFor(() => expect(notes.join()).toContain(`cannot receive from http://127.0.0.1:${port}`));
  usesWrong = false;
  await send(queue.queueUrl, 'x');
  await vi.waitFor(() => expect(calls).toHaveLength(1), { timeout: 3000 });
  wrong.destroy();
});

it('stops at once, in the middle of a long poll', async () => {
  const queue = await makeQueue();
  poll(queue, async () => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  const startMs = performance.now();
  await pollers.at(-1)?.stop();
  expect(performance.now() - startMs).toBeLessThan(200);
});

it('listens on the loopback address only', () => {
  expect(new URL(engine.endpoint).hostname).toBe('127.0.0.1');
});
