import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { DeliveryRecord, NextDelivery } from '../domain/follow-up.ts';
import { type EndKey, endRowKey } from '../domain/kept-end.ts';
import { expiresAtOfEnd, isReadable } from '../domain/task.ts';
import { callAws } from './faults.ts';
import { attributesOf, primaryKeyOf, timeShardOf, toAttributes } from './task-item.ts';
import { Update } from './update-expression.ts';

// By the name on the wire: a bundle's minifier renames the SDK's classes.
const CONDITION_FAILED = ['ConditionalCheckFailedException'];

/** The shard that kept ends are listed in by wake time: one does for the few whose destinations are down. */
const SHARD = 0;

/** The row of a kept end. What `ended` holds may have been written by user code. */
export interface KeptEndRow extends DeliveryRecord {
  readonly ended: unknown;
}

export interface FailedEndNote extends Omit<NextDelivery['note'], 'followUp'> {
  readonly followUpError: string;
}

export interface EndStoreOptions {
  readonly client: DynamoDBClient;
  /** The task table. */
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

/**
 * Ends that are no task's state: of invocations without a record, and of series that are run again. Each is a row beside the
 * tasks, under an id that no task can have, until its destination took it or is given up.
 */
export class EndStore {
  readonly #options: EndStoreOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: EndStoreOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  /** Keeps the end of an invocation. If its row is there already, it stays: the first end counts. */
  async put(key: EndKey, ended: object, now: number): Promise<void> {
    await this.#send(key, {
      UpdateExpression: 'SET ended = if_not_exists(ended, :ended), expiresAt = :expiresAt',
      ExpressionAttributeValues: toAttributes({ ':ended': ended, ':expiresAt': expiresAtOfEnd(now) }),
    });
  }

  /**
   * Keeps the end of a series with its deliveries so far, where the sweep finds it at `wakeTime`. If its row is there
   * already, it stays as it is.
   */
  async putAside(
    key: EndKey,
    ended: object,
    { wakeTime, now, followUpAttempts, nextDeliveryTime }: DeliveryRecord & { wakeTime: number; now: number },
  ): Promise<void> {
    const update = new Update()
      .set({
        ended,
        expiresAt: expiresAtOfEnd(now),
        timeShard: timeShardOf(key.functionName, SHARD),
        wakeTime,
      })
      .set({ followUpAttempts, nextDeliveryTime })
      .whenSame({ ended: null });
    await this.#isWritten(key, update);
  }

  /** Reads a kept end, consistently. Returns undefined if it was delivered or given up, or has expired. */
  async get(key: EndKey, now: number): Promise<KeptEndRow | undefined> {
    const { client, tableName } = this.#options;
    const command = new GetItemCommand({ TableName: tableName, Key: keyOf(key), ConsistentRead: true });
    const { Item } = await callAws('DynamoDB', () => client.send(command, this.#call));
    if (!Item) return undefined;
    const { ended, expiresAt, followUpAttempts, nextDeliveryTime } = attributesOf(Item) ?? {};
    if (typeof expiresAt === 'number' && !isReadable({ expiresAt }, now)) return undefined;
    return { ended, ...numbersOf({ followUpAttempts, nextDeliveryTime }) };
  }

  /**
   * Notes that a try failed and when the next one is due, and has the sweep find the row.
   * @returns false if it was delivered or tried since
   */
  async noteFailedDelivery(
    key: EndKey,
    { followUpAttempts }: DeliveryRecord,
    note: FailedEndNote,
    now: number,
  ): Promise<boolean> {
    const update = new Update()
      .set({ ...note, timeShard: timeShardOf(key.functionName, SHARD), expiresAt: expiresAtOfEnd(now) })
      .when('attribute_exists(ended)', {})
      .whenSame({ followUpAttempts: followUpAttempts ?? null });
    return this.#isWritten(key, update);
  }

  async delete(key: EndKey): Promise<void> {
    const { client, tableName } = this.#options;
    const command = new DeleteItemCommand({ TableName: tableName, Key: keyOf(key) });
    await callAws('DynamoDB', () => client.send(command, this.#call));
  }

  async #isWritten(key: EndKey, update: Update): Promise<boolean> {
    try {
      await this.#send(key, update.build());
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async #send(key: EndKey, update: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<void> {
    const { client, tableName } = this.#options;
    const command = new UpdateItemCommand({ TableName: tableName, Key: keyOf(key), ...update });
    await callAws('DynamoDB', () => client.send(command, this.#call), CONDITION_FAILED);
  }
}

function keyOf(key: EndKey) {
  return toAttributes({ pk: primaryKeyOf(endRowKey(key)) });
}

function numbersOf(fields: Readonly<Record<keyof DeliveryRecord, unknown>>): DeliveryRecord {
  const numbers = Object.entries(fields).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(numbers) as DeliveryRecord;
}
