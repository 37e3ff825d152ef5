import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Invocation } from '../domain/invocation.ts';
import { RUN_COUNT_RETENTION_SECONDS } from '../domain/limits.ts';
import { callAws } from './faults.ts';
import { primaryKeyOf, toAttributes } from './task-item.ts';

export interface RunCounterOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/**
 * Counts how often code was begun for a message that came more than once, which its own count of receives does not
 * tell: a message that no instance could be had for was received as well. Beside the tasks, under ids that none can have.
 */
export class RunCounter {
  readonly #options: RunCounterOptions;

  constructor(options: RunCounterOptions) {
    this.#options = options;
  }

  /** Adds to the count of a message, and answers it. */
  async count({ functionName, invocationId, attempt }: Invocation, by: 1 | -1, now: number): Promise<number> {
    const { client, tableName } = this.#options;
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: toAttributes({ pk: primaryKeyOf({ functionName, taskId: `${invocationId}.${attempt}` }) }),
      UpdateExpression: 'SET expiresAt = :expiresAt ADD runs :by',
      ExpressionAttributeValues: toAttributes({
        ':by': by,
        ':expiresAt': Math.ceil(now / 1000) + RUN_COUNT_RETENTION_SECONDS,
      }),
      ReturnValues: 'UPDATED_NEW',
    });
    const { Attributes = {} } = await callAws('DynamoDB', () => client.send(command));
    return Number(unmarshall(Attributes).runs);
  }
}
