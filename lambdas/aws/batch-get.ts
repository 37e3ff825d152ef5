import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { TaskModeError } from '../domain/errors.ts';
import { BATCH_GET_PAUSE_MS, BATCH_GET_WITHIN_MS } from '../domain/limits.ts';
import { callAws } from './faults.ts';
import type { Item } from './task-item.ts';

export interface BatchGetOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Ends every call when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export interface BatchGetRequest
  extends Pick<KeysAndAttributes, 'ProjectionExpression' | 'ExpressionAttributeNames'> {
  /** Primary keys, at most 100 (AWS DynamoDB quota), each once. */
  readonly keys: readonly Item[];
}

/** Batch reads of one table. */
export class BatchGet {
  readonly #options: BatchGetOptions;

  constructor(options: BatchGetOptions) {
    this.#options = options;
  }

  /**
   * Reads rows consistently, in no particular order; rows that do not exist are left out. DynamoDB answers at most 16 MB
   * and leaves out what it throttles: these keys are asked for again, after a pause with jitter, for at most 2 s.
   * @throws TaskModeError `ServiceUnavailable` if DynamoDB has not read all of them by then
   */
  async read({ keys, ...projection }: BatchGetRequest): Promise<Item[]> {
    const { client, tableName, signal } = this.#options;
    const rows: Item[] = [];
    const untilMs = performance.now() + BATCH_GET_WITHIN_MS;
    let pending = [...keys];
    for (let round = 0; pending.length > 0; round += 1) {
      if (round > 0) await pauseBefore(round, untilMs);
      const command = new BatchGetItemCommand({
        RequestItems: { [tableName]: { Keys: pending, ConsistentRead: true, ...projection } },
      });
      const answer = await callAws('DynamoDB', () =>
        client.send(command, signal ? { abortSignal: signal } : {}),
      );
      rows.push(...(answer.Responses?.[tableName] ?? []));
      pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return rows;
  }
}

/** Waits before a repeated request, twice as long each time, at random within that. */
async function pauseBefore(round: number, untilMs: number): Promise<void> {
  const { min, max } = BATCH_GET_PAUSE_MS;
  const pauseMs = Math.min(min * 2 ** (round - 1), max) * (0.5 + Math.random() / 2);
  if (performance.now() + pauseMs > untilMs) {
    throw new TaskModeError(
      'ServiceUnavailable',
      'DynamoDB did not take the request in time. Repeating it is safe.',
    );
  }
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
