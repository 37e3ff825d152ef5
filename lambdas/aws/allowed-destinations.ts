import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type AllowedDestination, isAllowedFor } from '../domain/destination.ts';
import { REGISTRY_CACHE_MS } from '../domain/limits.ts';
import { DESTINATIONS_ROW } from '../domain/storage-names.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface AllowedDestinationsOptions {
  readonly client: DynamoDBClient;
  /** The function table. */
  readonly tableName: string;
}

/** Reads which destinations the deployment allows, and for which functions. Caches the list for 30 s. */
export class AllowedDestinations {
  readonly #options: AllowedDestinationsOptions;
  #read: { readonly allowed: ReadonlyMap<string, AllowedDestination>; readonly time: number } | undefined;

  constructor(options: AllowedDestinationsOptions) {
    this.#options = options;
  }

  /**
   * Finds a destination that a function may use, by its one spelling (parseDestination).
   * @returns undefined if the deployment does not allow it, or allows it for other functions only.
   * @throws TaskModeError when DynamoDB cannot be read.
   */
  async find(
    destination: string,
    functionName: string,
    now: number,
    signal?: AbortSignal,
  ): Promise<AllowedDestination | undefined> {
    if (!this.#read || now - this.#read.time >= REGISTRY_CACHE_MS) {
      this.#read = { allowed: await this.#readAll(signal), time: now };
    }
    const allowed = this.#read.allowed.get(destination);
    return allowed && isAllowedFor(allowed, functionName) ? allowed : undefined;
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
    return new Map(
      [...Map.groupBy(allowed, ({ destination }) => destination)].map(([destination, entries]) => [
        destination,
        mergeEntries(entries),
      ]),
    );
  }
}

/**
 * Merges the entries of one destination. At synth, one ARN that two constructs know by different tokens looks like two
 * destinations, each with functions of its own.
 */
function mergeEntries(entries: readonly AllowedDestination[]): AllowedDestination {
  const { functions: _, ...destination } = Object.assign({}, ...entries) as AllowedDestination;
  const isForAll = entries.some(({ functions }) => functions === undefined);
  return isForAll
    ? destination
    : { ...destination, functions: [...new Set(entries.flatMap(({ functions = [] }) => functions))] };
}
