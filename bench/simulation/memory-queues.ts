import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { MessageHops } from '../../lambdas/domain/task.ts';
import type { Random } from '../chaos/random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** What the queues were asked for; a received message is one request of the event source's. */
export interface QueueUsage {
  sends: number;
  receives: number;
  deletes: number;
  visibilityChanges: number;
}

/** A message as an event source hands it to a worker. */
export interface Received {
  readonly body: string;
  readonly receiptHandle: string;
  /** Known of the first delivery of a message. */
  readonly hops?: MessageHops;
}

export interface Consumer {
  readonly queueUrl: string;
  readonly visibilityMs: number;
  /** How many messages are handled at once, each by a worker of its own. */
  readonly workers: number;
  /** What resolves true deletes the message; a worker that has died never settles, and keeps no other from working. */
  readonly handle: (message: Received) => Promise<boolean>;
}

interface Message {
  readonly queueUrl: string;
  readonly body: string;
  readonly sentTime: number;
  isReceived: boolean;
  isDeleted: boolean;
  /** Counts what made it visible or hid it: what was planned before does not count. */
  hiding: number;
}

/** How long a message takes from its send, or its return, to a worker. */
const HOP_MS = { min: 20, max: 300 } as const;

/**
 * Stands in for SQS and its event sources in a simulation: messages become visible when their delay or their visibility
 * time-out is over, and are handed out in that order while a worker is free.
 */
export class MemoryQueues extends SQSClient {
  readonly usage: QueueUsage = { sends: 0, receives: 0, deletes: 0, visibilityChanges: 0 };
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #messages = new Map<string, Message>();
  readonly #visible = new Map<string, string[]>();
  readonly #consumers = new Map<string, Consumer & { free: number }>();
  #sent = 0;

  constructor(time: SimulatedTime, random: Random) {
    super({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } });
    this.#time = time;
    this.#random = random;
    this.send = (async (command: object) => this.#answer(command)) as SQSClient['send'];
  }

  consume(consumer: Consumer): void {
    this.#consumers.set(consumer.queueUrl, { ...consumer, free: consumer.workers });
    this.#handOut(consumer.queueUrl);
  }

  #answer(command: object): object {
    if (command instanceof SendMessageCommand) return this.#send(command.input.QueueUrl, command.input);
    if (command instanceof SendMessageBatchCommand) {
      const { QueueUrl, Entries = [] } = command.input;
      for (const entry of Entries) this.#send(QueueUrl, entry);
      return { Successful: [], Failed: [] };
    }
    if (command instanceof DeleteMessageCommand) return this.#delete(command.input.ReceiptHandle);
    if (command instanceof ChangeMessageVisibilityCommand) {
      const { ReceiptHandle = '', VisibilityTimeout = 0 } = command.input;
      this.usage.visibilityChanges += 1;
      this.#showIn(ReceiptHandle, VisibilityTimeout * 1000);
      return {};
    }
    if (command instanceof ReceiveMessageCommand) return { Messages: [] };
    if (command instanceof GetQueueAttributesCommand)
      return { Attributes: this.#counts(command.input.QueueUrl) };
    throw new Error(`the simulated SQS has no ${command.constructor.name}`);
  }

  #send(
    queueUrl = '',
    {
      MessageBody = '',
      DelaySeconds = 0,
    }: { MessageBody?: string | undefined; DelaySeconds?: number | undefined },
  ): object {
    this.usage.sends += 1;
    this.#sent += 1;
    const receiptHandle = String(this.#sent);
    this.#messages.set(receiptHandle, {
      queueUrl,
      body: MessageBody,
      sentTime: this.#time.clock(),
      isReceived: false,
      isDeleted: false,
      hiding: 0,
    });
    this.#showIn(receiptHandle, DelaySeconds * 1000);
    return {};
  }

  #delete(receiptHandle = ''): object {
    this.usage.deletes += 1;
    const message = this.#messages.get(receiptHandle);
    if (message) message.isDeleted = true;
    this.#messages.delete(receiptHandle);
    return {};
  }

  #counts(queueUrl: string | undefined): Record<string, string> {
    const visible = this.#visible.get(queueUrl ?? '')?.length ?? 0;
    const all = [...this.#messages.values()].filter((message) => message.queueUrl === queueUrl).length;
    return {
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(all - visible),
      ApproximateNumberOfMessagesDelayed: '0',
    };
  }

  #showIn(receiptHandle: string, milliseconds: number): void {
    const message = this.#messages.get(receiptHandle);
    if (!message) return;
    message.hiding += 1;
    const { hiding, queueUrl } = message;
    const hopMs = HOP_MS.min + this.#random() * (HOP_MS.max - HOP_MS.min);
    this.#time.at(this.#time.clock() + milliseconds + hopMs, () => {
      if (message.isDeleted || message.hiding !== hiding) return;
      const visible = this.#visible.get(queueUrl) ?? [];
      visible.push(receiptHandle);
      this.#visible.set(queueUrl, visible);
      this.#handOut(queueUrl);
    });
  }

  #handOut(queueUrl: string): void {
    const consumer = this.#consumers.get(queueUrl);
    const visible = this.#visible.get(queueUrl);
    while (consumer && consumer.free > 0 && visible && visible.length > 0) {
      const receiptHandle = visible.shift() ?? '';
      const message = this.#messages.get(receiptHandle);
      if (message) void this.#handle(consumer, receiptHandle, message);
    }
  }

  async #handle(
    consumer: Consumer & { free: number },
    receiptHandle: string,
    message: Message,
  ): Promise<void> {
    const { queueUrl, visibilityMs, handle } = consumer;
    this.usage.receives += 1;
    consumer.free -= 1;
    this.#showIn(receiptHandle, visibilityMs);
    const { body, sentTime, isReceived } = message;
    const hops = isReceived ? {} : { hops: { sentTime, receivedTime: this.#time.clock() } };
    message.isReceived = true;
    const isHandled = await handle({ body, receiptHandle, ...hops });
    consumer.free += 1;
    if (isHandled) this.#delete(receiptHandle);
    this.#handOut(queueUrl);
  }
}
