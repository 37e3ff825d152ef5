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
 * Counts handler starts for a redelivered message. SQS's receive count will not do: it includes deliveries that Lambda
 * throttled. The rows lie beside the tasks, under ids that no task can have.
 */
export class RunCounter {
  readonly #options: RunCounterOptions;

  constructor(options: RunCounterOptions) {
    this.#options = options;
  }

  /** Adds a start to those of a message and returns how many there are; the same start counts once, however often it is sent. */
  async count(
    { functionName, invocationId, attempt }: Invocation,
    runId: string,
    now: number,
  ): Promise<number> {
    const { client, tableName } = this.#options;
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: toAttributes({ pk: primaryKeyOf({ functionName, taskId: `${invocationId}.a${attempt}` }) }),
      UpdateExpression: 'SET expiresAt = :expiresAt ADD runs :run',
      ExpressionAttributeValues: toAttributes({
        ':run': new Set([runId]),
        ':expiresAt': Math.ceil(now / 1000) + RUN_COUNT_RETENTION_SECONDS,
      }),
      ReturnValues: 'UPDATED_NEW',
    });
    const { Attributes = {} } = await callAws('DynamoDB', () => client.send(command));
    return (unmarshall(Attributes).runs as Set<string>).size;
  }
}
