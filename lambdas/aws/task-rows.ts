import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CREATE_DEADLINE_MS } from '../domain/limits.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import { callAws } from './faults.ts';
import { primaryKeyOf, toAttributes, toTask } from './task-item.ts';
import type { Update } from './update-expression.ts';

// By the names on the wire: a bundle's minifier renames the SDK's classes.
const CONDITION_FAILED = ['ConditionalCheckFailedException'];

/** A guarded write took, or did not: then what the row says decides (undefined: there is no such row). */
export type WriteOutcome<T extends Task = Task> =
  | { readonly isWritten: true; readonly task: T }
  | { readonly isWritten: false; readonly current: Task | undefined };

type Condition = Pick<
  PutItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

export interface TaskRowsOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Ends every call when it aborts: the deadline of the request that is served. */
  readonly signal?: AbortSignal;
}

/**
 * Rows of tasks, read consistently and written under conditions. A write whose response was lost is recognised as one's
 * own (`isOwn`) when it is repeated, or when the row is read because nobody answered.
 */
export class TaskRows {
  readonly #options: TaskRowsOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: TaskRowsOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  async read(key: TaskKey, isConsistent = true): Promise<Task | undefined> {
    const command = new GetItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ pk: primaryKeyOf(key) }),
      ConsistentRead: isConsistent,
    });
    const { Item } = await callAws('DynamoDB', () => this.#options.client.send(command, this.#call));
    return Item && toTask(Item);
  }

  async put(
    task: Task,
    item: Record<string, AttributeValue>,
    condition: Condition,
    isOwn: (row: Task) => boolean,
  ): Promise<WriteOutcome> {
    const command = new PutItemCommand({
      TableName: this.#options.tableName,
      Item: item,
      ...condition,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    // Later it would stand before where readers of ascending lists are by then.
    const deadline = AbortSignal.timeout(CREATE_DEADLINE_MS);
    const { signal } = this.#options;
    const abortSignal = signal ? AbortSignal.any([signal, deadline]) : deadline;
    return this.#guarded(task, isOwn, async () => {
      await this.#options.client.send(command, { abortSignal });
      return task;
    });
  }

  async update(
    key: TaskKey,
    update: Update,
    isOwn: (row: Task) => boolean = () => false,
  ): Promise<WriteOutcome> {
    const command = new UpdateItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ pk: primaryKeyOf(key) }),
      ...update.build(),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return this.#guarded(key, isOwn, async () => {
      const { Attributes } = await this.#options.client.send(command, this.#call);
      return toTask(Attributes ?? {});
    });
  }

  /**
   * Makes a conditional write. If the condition fails or the response is lost, reads the row to find out whether our write
   * was applied.
   */
  async #guarded(
    key: TaskKey,
    isOwn: (row: Task) => boolean,
    write: () => Promise<Task | undefined>,
  ): Promise<WriteOutcome> {
    let current: Task | undefined;
    try {
      const task = await callAws('DynamoDB', write, CONDITION_FAILED);
      return task ? { isWritten: true, task } : { isWritten: false, current: undefined };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        // Engines that do not return the row with the refusal are asked for it.
        current = error.Item ? toTask(error.Item) : await this.read(key);
      } else {
        current = await this.read(key).catch(() => undefined);
        if (!current || !isOwn(current)) throw error;
      }
    }
    return current && isOwn(current) ? { isWritten: true, task: current } : { isWritten: false, current };
  }
}
