import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface NonceStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

export interface Nonce {
  readonly nonceId: string;
  /** The request that takes it: the same one may take it again. */
  readonly requestId: string;
  readonly expiresAt: number;
}

const CONDITION_FAILED = 'ConditionalCheckFailedException';

/** Remembers what may happen once only. */
export class NonceStore {
  readonly #options: NonceStoreOptions;

  constructor(options: NonceStoreOptions) {
    this.#options = options;
  }

  /**
   * Takes a nonce for a request; false when another request has it. The request itself has it again when API Gateway
   * delivers it twice, and when the SDK repeats a write whose answer was lost.
   */
  async take(nonce: Nonce): Promise<boolean> {
    const { client, tableName, signal } = this.#options;
    const command = new PutItemCommand({
      TableName: tableName,
      Item: toAttributes({ ...nonce }),
      ConditionExpression: 'attribute_not_exists(nonceId) OR requestId = :requestId',
      ExpressionAttributeValues: toAttributes({ ':requestId': nonce.requestId }),
    });
    try {
      await callAws('DynamoDB', () => client.send(command, signal ? { abortSignal: signal } : {}), [
        CONDITION_FAILED,
      ]);
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === CONDITION_FAILED) return false;
      throw error;
    }
  }
}
