import type { IndexEntry, ShardQuery, TaskIndex } from '../aws/task-index.ts';

export type Scan = Omit<ShardQuery, 'shard' | 'maxScanned'> & {
  readonly shardCount: number;
  /** Where the page before ended: not handed out again. */
  readonly after?: string | undefined;
};

interface Shard {
  readonly number: number;
  /** Found and not handed out, in order. */
  found: IndexEntry[];
  /** Looked at up to and including this key; undefined before the first query. */
  scannedTo: string | undefined;
  isScanned: boolean;
}

/** How many index entries of a shard a filtered query looks at: about 50 KB, some 10 ms. */
const FILTERED_SCAN = 500;

/**
 * Merges the shards of an index into one order. Nothing is handed out before every shard has been looked at up to
 * there, so a key that was reached once can serve as the token of the next page.
 */
export class ShardScan {
  readonly #index: TaskIndex;
  readonly #scan: Scan;
  readonly #shards: readonly Shard[];
  #readTo: string | undefined;

  constructor(index: TaskIndex, scan: Scan) {
    this.#index = index;
    this.#scan = scan;
    this.#readTo = scan.after;
    this.#shards = Array.from({ length: scan.shardCount }, (_, number) => ({
      number,
      found: [],
      scannedTo: scan.after,
      isScanned: false,
    }));
  }

  /** Everything up to this key was handed out, or is in no shard. */
  get readTo(): string | undefined {
    return this.#readTo;
  }

  get isAtEnd(): boolean {
    return this.#shards.every(({ found, isScanned }) => isScanned && found.length === 0);
  }

  /** Looks once at each shard that has nothing left, and hands out at most `maxEntries`: perhaps none. */
  async next(maxEntries: number): Promise<IndexEntry[]> {
    const empty = this.#shards.filter(({ found, isScanned }) => !isScanned && found.length === 0);
    await Promise.all(empty.map((shard) => this.#look(shard, maxEntries)));
    const horizon = this.#horizon();
    const entries: IndexEntry[] = [];
    while (entries.length < maxEntries) {
      const first = this.#first();
      const entry = first?.found[0];
      if (!first || !entry || (horizon !== undefined && this.#isBefore(horizon, entry.sortKey))) break;
      first.found.shift();
      entries.push(entry);
    }
    const last = entries.at(-1)?.sortKey;
    this.#readTo = (entries.length === maxEntries ? last : (horizon ?? last)) ?? this.#readTo;
    return entries;
  }

  async #look(shard: Shard, maxEntries: number): Promise<void> {
    const { shardCount: _, after, ...query } = this.#scan;
    const isFiltered = query.status !== undefined || query.idPrefix !== undefined;
    const reached = shard.scannedTo;
    const page = await this.#index.queryShard({
      ...query,
      shard: shard.number,
      ...(reached !== undefined && (query.order === 'asc' ? { low: reached } : { high: reached })),
      // One more than wanted, since the key that was reached is read again.
      maxScanned: isFiltered ? FILTERED_SCAN : maxEntries + 1,
    });
    shard.found = page.entries.filter(({ sortKey }) => sortKey !== reached && sortKey !== after);
    shard.scannedTo = page.scannedTo ?? reached;
    shard.isScanned = page.scannedTo === undefined;
  }

  /** The first key beyond which some shard has not been looked at; undefined when all were, to their ends. */
  #horizon(): string | undefined {
    return this.#shards
      .filter(({ isScanned }) => !isScanned)
      .map(({ scannedTo }) => scannedTo)
      .filter((key) => key !== undefined)
      .reduce<string | undefined>((a, b) => (a === undefined || this.#isBefore(b, a) ? b : a), undefined);
  }

  #first(): Shard | undefined {
    return this.#shards.reduce<Shard | undefined>((first, shard) => {
      const [a, b] = [first?.found[0], shard.found[0]];
      return b && (!a || this.#isBefore(b.sortKey, a.sortKey)) ? shard : first;
    }, undefined);
  }

  #isBefore(a: string, b: string): boolean {
    return this.#scan.order === 'asc' ? a < b : a > b;
  }
}
