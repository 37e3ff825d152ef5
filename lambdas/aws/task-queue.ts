import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Invocation } from '../domain/invocation.ts';
import type { EndKey } from '../domain/kept-end.ts';
import { QUEUE_BATCH_MAX } from '../domain/limits.ts';
import type { Addressed } from '../domain/task.ts';
import { callAws } from './faults.ts';
import {
  type BulkJobMessage,
  type Message,
  parseMessage,
  toBulkJobMessageBody,
  toMessageBody,
} from './message.ts';

const QUEUE_GONE = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];

/** The most that SQS hands out at once (AWS SQS quotas). */
const RECEIVE_MAX_MESSAGES = 10;

const MESSAGE_COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** How many messages a queue holds, as SQS knows it: its numbers lag by up to a minute. */
export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** A message about a task that is to be sent. */
export interface WakeUpMessage {
  readonly task: Addressed;
  readonly delaySeconds: number;
}

/** A message that was received. */
export interface ReceivedMessage {
  /** Undefined when it is none of ours. */
  readonly message: Message | undefined;
  readonly receiptHandle: string;
}

/** The queue was replaced or removed since its URL was read. */
export class QueueGoneError extends Error {
  override readonly name = 'QueueGoneError';
}

export interface TaskQueueOptions {
  readonly client: SQSClient;
  readonly signal?: AbortSignal;
}

/**
 * The messages about what is to run and whom to tell. One about a task says which to look at and nothing else, so it may
 * come twice or late. Each has a group, by which SQS shares the consumers fairly among tenants, also where one has sent
 * much more than the others (fair queues).
 */
export class TaskQueue {
  readonly #client: SQSClient;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ client, signal }: TaskQueueOptions) {
    this.#client = client;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /**
   * Sends a message about a task.
   * @throws QueueGoneError
   */
  async send(queueUrl: string, task: Addressed, delaySeconds: number): Promise<void> {
    await this.sendBody(queueUrl, toMessageBody({ kind: 'wakeUp', key: task }), {
      tenant: task.tenant,
      delaySeconds,
    });
  }

  /**
   * Sends messages about at most ten tasks, in one request. Answers those that SQS did not take.
   * @throws QueueGoneError
   */
  async sendSome(queueUrl: string, messages: readonly WakeUpMessage[]): Promise<readonly WakeUpMessage[]> {
    if (messages.length > QUEUE_BATCH_MAX) throw new Error(`SQS takes ${QUEUE_BATCH_MAX} messages at once`);
    const command = new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: messages.map(({ task, delaySeconds }, index) => ({
        Id: String(index),
        MessageBody: toMessageBody({ kind: 'wakeUp', key: task }),
        MessageGroupId: task.tenant,
        DelaySeconds: delaySeconds,
      })),
    });
    const { Failed = [] } = await this.#sent(queueUrl, () => this.#client.send(command, this.#call));
    return Failed.flatMap(({ Id }) => messages[Number(Id)] ?? []);
  }

  /**
   * Sends an invocation that has no record.
   * @throws QueueGoneError
   */
  async sendInvocation(queueUrl: string, invocation: Invocation, delaySeconds: number): Promise<void> {
    const { tenant } = invocation;
    await this.sendBody(queueUrl, toMessageBody({ kind: 'invocation', invocation }), {
      tenant,
      delaySeconds,
    });
  }

  /**
   * Sends the key of a kept end. Its function is its group: the row, which tells for whom it was done, is not read for this.
   * @throws QueueGoneError
   */
  async sendKeptEnd(queueUrl: string, key: EndKey, delaySeconds: number): Promise<void> {
    const body = toMessageBody({ kind: 'keptEnd', key });
    await this.sendBody(queueUrl, body, { tenant: key.functionName, delaySeconds });
  }

  /** Has a worker look at a bulk job. */
  async sendBulkJob(queueUrl: string, job: BulkJobMessage, delaySeconds = 0): Promise<void> {
    await this.sendBody(queueUrl, toBulkJobMessageBody(job), { tenant: job.functionName, delaySeconds });
  }

  /** Receives what is there now, at most ten messages. SQS may overlook some in a queue that is nearly empty. */
  async receive(queueUrl: string): Promise<ReceivedMessage[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: RECEIVE_MAX_MESSAGES,
      WaitTimeSeconds: 0,
    });
    const { Messages = [] } = await callAws('SQS', () => this.#client.send(command, this.#call));
    return Messages.map(({ Body = '', ReceiptHandle = '' }) => ({
      message: parseMessage(Body),
      receiptHandle: ReceiptHandle,
    }));
  }

  /** Tells whether the queue holds no message, be it visible, in flight or delayed; SQS's counts lag by up to a minute. */
  async isEmpty(queueUrl: string): Promise<boolean> {
    const { visible, inFlight, delayed } = await this.counts(queueUrl);
    return visible + inFlight + delayed === 0;
  }

  /** @throws QueueGoneError */
  async counts(queueUrl: string): Promise<QueueCounts> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [...MESSAGE_COUNTS],
    });
    const { Attributes = {} } = await this.#sent(queueUrl, () => this.#client.send(command, this.#call));
    const [visible = Number.NaN, inFlight = Number.NaN, delayed = Number.NaN] = MESSAGE_COUNTS.map((name) =>
      Number(Attributes[name]),
    );
    return { visible, inFlight, delayed };
  }

  async delete(queueUrl: string, receiptHandle: string): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle });
    await callAws('SQS', () => this.#client.send(command, this.#call));
  }

  /**
   * Sends a message of any kind, in the group of a tenant or in none.
   * @throws QueueGoneError
   */
  async sendBody(
    queueUrl: string,
    body: string,
    { tenant, delaySeconds }: { readonly tenant?: string; readonly delaySeconds: number },
  ): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageGroupId: tenant,
      DelaySeconds: delaySeconds,
    });
    await this.#sent(queueUrl, () => this.#client.send(command, this.#call));
  }

  async #sent<T>(queueUrl: string, send: () => Promise<T>): Promise<T> {
    try {
      return await callAws('SQS', send, QUEUE_GONE);
    } catch (error) {
      if (error instanceof Error && QUEUE_GONE.includes(error.name)) {
        throw new QueueGoneError(`queue ${queueUrl} does not exist`, { cause: error });
      }
      throw error;
    }
  }
}
