import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AllowedDestination } from '../domain/destination.ts';
import { REGISTRY_CACHE_MS } from '../domain/limits.ts';
import { DESTINATIONS_ROW } from '../domain/storage-names.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface AllowedDestinationsOptions {
  readonly client: DynamoDBClient;
  /** The function table. */
  readonly tableName: string;
}

/** The destinations that the deployment allows. One instance lives as long as its handler, and trusts what it read for 30 s. */
export class AllowedDestinations {
  readonly #options: AllowedDestinationsOptions;
  #read: { readonly allowed: ReadonlyMap<string, AllowedDestination>; readonly time: number } | undefined;

  constructor(options: AllowedDestinationsOptions) {
    this.#options = options;
  }

  /** Finds a destination by its one spelling (parseDestination); undefined when it is not allowed. */
  async find(
    destination: string,
    now: number,
    signal?: AbortSignal,
  ): Promise<AllowedDestination | undefined> {
    if (!this.#read || now - this.#read.time >= REGISTRY_CACHE_MS) {
      this.#read = { allowed: await this.#readAll(signal), time: now };
    }
    return this.#read.allowed.get(destination);
  }

  async #readAll(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, AllowedDestination>> {
    const command = new GetItemCommand({
      TableName: this.#options.tableName,
      Key: toAttributes({ functionName: DESTINATIONS_ROW }),
    });
    const { Item } = await callAws('DynamoDB', () =>
      this.#options.client.send(command, signal ? { abortSignal: signal } : {}),
    );
    // As the construct writes it (registerDestinations in lib/function-registry.ts).
    const allowed: readonly AllowedDestination[] = Item ? unmarshall(Item).allowed : [];
    return new Map(allowed.map((each) => [each.destination, each]));
  }
}
