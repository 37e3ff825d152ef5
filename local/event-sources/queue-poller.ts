import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { LambdaService } from '../functions/lambda-service.ts';
import { Slots } from './slots.ts';
import { failedMessageIds, sqsEvent } from './sqs-event.ts';

/** SQS's longest long poll: an idle queue costs three requests a minute. */
const LONG_POLL_SECONDS = 20;

/** SQS gives and deletes at most this many messages in one call. */
const MESSAGES_PER_CALL = 10;

/** After a failed call to the queue engine: long enough not to spin, short enough not to be noticed. */
const RETRY_DELAY_MS = 500;

/** Deletes are tried so often; then the messages come back at their visibility time-out, as they may on AWS. */
const DELETE_ATTEMPTS = 3;

export interface QueuePollerOptions {
  readonly queueArn: string;
  readonly queueUrl: string;
  readonly functionName: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly sqs: SQSClient;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly log: (line: string) => void;
}

/** Lambda's event source mapping of one queue: receives messages, invokes the function, deletes what it has done. */
export class QueuePoller {
  readonly #options: QueuePollerOptions;
  /** None before setConcurrency says so. */
  readonly #slots = new Slots(0);
  readonly #stopping = new AbortController();
  readonly #batches = new Map<Promise<void>, readonly Message[]>();
  #polling: Promise<void> = Promise.resolve();

  constructor(options: QueuePollerOptions) {
    this.#options = options;
  }

  /** Invokes so many at once from now on; what runs already goes on. With 0 it receives nothing. */
  setConcurrency(count: number): void {
    this.#slots.resize(count);
  }

  start(): void {
    this.#polling = this.#poll();
  }

  /** Stops receiving at once; invocations that run go on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // Wakes the receiver if it waits for a slot; it sees that it must stop.
    this.setConcurrency(Number.POSITIVE_INFINITY);
    await this.#polling;
  }

  /** Waits until what was received is dealt with. */
  async settled(): Promise<void> {
    await Promise.all(this.#batches.keys());
  }

  /** The receipt handles of the messages that the function is at. */
  get inHand(): readonly string[] {
    return [...this.#batches.values()].flat().flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []);
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // The slot comes first: messages received without one would wait here while their visibility runs out,
      // and two receivers could start one invocation too many.
      await this.#slots.take();
      const messages = signal.aborted ? [] : await this.#receive();
      if (messages.length > 0 && this.#slots.isOverdrawn) {
        // Its slot was taken back while it waited for messages: they are for a later turn.
        await this.#giveBack(messages);
        this.#slots.give();
      } else if (messages.length === 0) {
        this.#slots.give();
      } else {
        const batch = this.#run(messages).finally(() => {
          this.#batches.delete(batch);
          this.#slots.give();
        });
        this.#batches.set(batch, messages);
      }
    }
  }

  async #receive(): Promise<Message[]> {
    const { batchSize, batchingWindowSeconds } = this.#options;
    const messages = await this.#receiveOnce(batchSize, LONG_POLL_SECONDS);
    const deadlineMs = performance.now() + batchingWindowSeconds * 1000;
    while (messages.length > 0 && messages.length < batchSize && !this.#stopping.signal.aborted) {
      const waitSeconds = Math.floor((deadlineMs - performance.now()) / 1000);
      if (waitSeconds < 0) {
        break;
      }
      messages.push(
        ...(await this.#receiveOnce(batchSize - messages.length, Math.min(waitSeconds, LONG_POLL_SECONDS))),
      );
    }
    return messages;
  }

  async #receiveOnce(wanted: number, waitSeconds: number): Promise<Message[]> {
    const { sqs, queueUrl } = this.#options;
    const { signal } = this.#stopping;
    try {
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(wanted, MESSAGES_PER_CALL),
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: signal },
      );
      return Messages ?? [];
    } catch (error) {
      if (!signal.aborted) {
        this.#note(`cannot receive from ${queueUrl}: ${(error as Error).message}`);
        await delay(RETRY_DELAY_MS, undefined, { signal }).catch(() => {});
      }
      return [];
    }
  }

  async #run(messages: readonly Message[]): Promise<void> {
    const { lambda, functionName, queueArn, region, reportsItemFailures } = this.#options;
    const result = await lambda.invoke(functionName, sqsEvent(messages, queueArn, region));
    if ('functionError' in result) {
      this.#note(`${result.functionError.errorType}: ${result.functionError.errorMessage}`);
      if (this.#stopping.signal.aborted) await this.#giveBack(messages);
      return;
    }
    const failed = reportsItemFailures ? failedMessageIds(result.payload, messages) : new Set<string>();
    if (typeof failed === 'string') {
      this.#note(`${failed}; all ${messages.length} messages of the batch come back`);
      return;
    }
    await this.#delete(messages.filter(({ MessageId }) => !failed.has(MessageId ?? '')));
  }

  /** What cannot be done now, or was cut off by a stop of the runtime, comes back at once, and not a visibility time-out later. */
  async #giveBack(messages: readonly Message[]): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    for (let first = 0; first < messages.length; first += MESSAGES_PER_CALL) {
      const Entries = messages
        .slice(first, first + MESSAGES_PER_CALL)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
      await sqs
        .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
        .catch(() => undefined);
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    for (let first = 0; first < messages.length; first += MESSAGES_PER_CALL) {
      await this.#deleteOnce(messages.slice(first, first + MESSAGES_PER_CALL));
    }
  }

  async #deleteOnce(messages: readonly Message[]): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    for (let attempt = 1; attempt <= DELETE_ATTEMPTS; attempt += 1) {
      try {
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
        return;
      } catch (error) {
        this.#note(`cannot delete from ${queueUrl}: ${(error as Error).message}`);
        await delay(RETRY_DELAY_MS);
      }
    }
  }

  #note(text: string): void {
    // A stop ends running invocations: that they fail then is no news.
    if (!this.#stopping.signal.aborted) {
      this.#options.log(`task-mode | event source of ${this.#options.functionName}: ${text}`);
    }
  }
}
