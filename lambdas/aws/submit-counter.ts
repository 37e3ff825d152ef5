import { type DynamoDBClient, UpdateItemCommand, type UpdateItemInput } from '@aws-sdk/client-dynamodb';
import RateLimiterDynamo from 'rate-limiter-flexible/lib/RateLimiterDynamo.js';
import { SUBMIT_COUNT_SECONDS } from '../domain/limits.ts';
import { callAws } from './faults.ts';

export interface SubmitCounterOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

/** Counts callers' submits over all instances, in a table. */
export class SubmitCounter {
  readonly #limiter: RateLimiterDynamo;

  constructor({ client, tableName, signal }: SubmitCounterOptions) {
    this.#limiter = new RateLimiterDynamo({
      storeClient: {
        updateItem: (input) =>
          client.send(new UpdateItemCommand(withWholeSeconds(input)), signal ? { abortSignal: signal } : {}),
      },
      tableName,
      tableCreated: true,
      ttlSet: true,
      keyPrefix: 'submits',
      // What is too much depends on the time within the period, which the limiter does not know.
      points: Number.MAX_SAFE_INTEGER,
      // A row outlives its period, however late it was made.
      duration: 2 * SUBMIT_COUNT_SECONDS,
    });
  }

  /** Adds a caller's submits of a period, and tells how many it made in it. One request for the first, two after that. */
  async count(caller: string, period: number, submits: number): Promise<number> {
    const { consumedPoints } = await callAws('DynamoDB', () =>
      this.#limiter.consume(`${period}:${caller}`, submits),
    );
    return consumedPoints;
  }
}

/** The limiter's count ends at a fraction of a second, and TTL wants whole ones (AWS DynamoDB, Time to Live). */
function withWholeSeconds(input: UpdateItemInput): UpdateItemInput {
  const values = input.ExpressionAttributeValues;
  const expire = values?.[':new_expire']?.N;
  return expire === undefined
    ? input
    : {
        ...input,
        ExpressionAttributeValues: { ...values, ':new_expire': { N: String(Math.ceil(Number(expire))) } },
      };
}
