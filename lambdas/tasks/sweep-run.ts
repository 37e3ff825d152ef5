import type { BulkJobIndex } from '../aws/bulk-job-index.ts';
import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import type { EndStore } from '../aws/end-store.ts';
import type { EventSources } from '../aws/event-sources.ts';
import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { FunctionSettings } from '../aws/function-settings.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { SweepEntry, SweepIndex, SweepPage } from '../aws/sweep-index.ts';
import type { SweepRows } from '../aws/sweep-rows.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { SWEEP_READS_AT_ONCE, SWEEP_TURN_TASKS, SWEEP_WHOLE_ROWS_AT_ONCE } from '../domain/limits.ts';
import type { MetricValues } from '../domain/metrics.ts';
import { SWEEP_FINDINGS, type SweepFinding } from '../domain/sweep-finding.ts';
import type { SweptRow, SweptTask } from '../domain/swept-task.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { EndWaitingDependencies } from './end-waiting.ts';
import { Slots } from './slots.ts';
import { type FunctionLane, Lane, type LaneName } from './sweep-lane.ts';

export interface SweepLog {
  /** Messages of a dead-letter queue that are none of ours were dropped: how many, by reason. */
  readonly droppedMessages: (queueUrl: string, reasons: Readonly<Record<string, number>>) => void;
}

export interface SweepDependencies {
  readonly registry: FunctionRegistry;
  readonly index: SweepIndex;
  readonly rows: SweepRows;
  readonly storeFor: (shardCount: number) => TaskStore;
  readonly queue: TaskQueue;
  readonly ends: EndStore;
  readonly payloads: PayloadStore;
  readonly eventSources: EventSources;
  readonly settings: FunctionSettings;
  readonly jobs: Pick<BulkJobStore, 'get' | 'noteWakeTime'>;
  readonly jobIndex: Pick<BulkJobIndex, 'due'>;
  readonly bulkJobQueueUrl: string;
  readonly followUpQueueUrl: string;
  readonly followUpDeadLetterQueueUrl: string;
  readonly countMetrics: (functionName: string, values: MetricValues) => void;
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: SweepLog;
  /**
   * Where the last run had to stop: how far it read a shard, by shard, and at which function, by lane. It lives as long as
   * the instance; without it the next run begins at the beginning.
   */
  readonly lookedTo: Map<string, string>;
}

/** What went wrong, and where. The next run tries again. */
export interface SweepFailure {
  readonly part: string;
  readonly error: unknown;
}

/** How many failures are told: of many, the first ones say what is wrong. */
const FAILURES_TOLD = 10;

/** One run of the sweep: its lanes, and what it has found. */
export class SweepRun {
  readonly deps: SweepDependencies;
  readonly counts = Object.fromEntries(SWEEP_FINDINGS.map((finding) => [finding, 0])) as Record<
    SweepFinding,
    number
  >;
  readonly failures: SweepFailure[] = [];
  failureCount = 0;
  /** By function: for how long (ms) the longest-waiting due task has waited, of those that the run has seen. */
  readonly backlogAges = new Map<string, number>();
  readonly #startTime: number;
  readonly #reads = new Slots(SWEEP_READS_AT_ONCE);
  readonly #wholeRows = new Slots(SWEEP_WHOLE_ROWS_AT_ONCE);

  constructor(deps: SweepDependencies) {
    this.deps = deps;
    this.#startTime = deps.clock();
  }

  lane(name: LaneName): Lane {
    return new Lane(name, {
      clock: this.deps.clock,
      startTime: this.#startTime,
      places: this.deps.lookedTo,
      fail: (part, error) => this.fail(part, error),
    });
  }

  /** What it takes to end a task of a function with so many shards. */
  ending(shardCount: number): EndWaitingDependencies {
    const { storeFor, queue, followUpQueueUrl } = this.deps;
    return { store: storeFor(shardCount), queue, followUpQueueUrl };
  }

  count(finding: SweepFinding): void {
    this.counts[finding] += 1;
  }

  fail(part: string, error: unknown): void {
    this.failureCount += 1;
    if (this.failures.length < FAILURES_TOLD) this.failures.push({ part, error });
  }

  noteAge(functionName: string, ageMs: number): void {
    this.backlogAges.set(functionName, Math.max(this.backlogAges.get(functionName) ?? 0, ageMs));
  }

  /** Reads the small fields of at most 100 rows. All lanes share four such requests at once. */
  readRows(entries: readonly SweepEntry[]): Promise<SweptRow[]> {
    if (entries.length === 0) return Promise.resolve([]);
    return this.#reads.use(() => this.deps.rows.readAll(entries.map(({ key }) => key)));
  }

  /** Reads a whole row and acts on it, few at once. Does nothing if it is gone or no task. */
  async withTask(key: TaskKey, act: (task: Task) => Promise<unknown>): Promise<void> {
    await this.#wholeRows.use(async () => {
      const task = await this.deps.rows.read(key);
      if (task) await act(task);
    });
  }

  /** Reads pages of a partition of `byState`, and removes the entries that workers of other functions have put there. */
  async *ownPages(
    own: FunctionLane,
    stateShard: string,
    pages: AsyncGenerator<SweepPage>,
  ): AsyncGenerator<SweepPage> {
    for await (const page of pages) {
      await this.removeStrays(own, stateShard, page.strays);
      yield page;
    }
  }

  /** Removes entries from a partition. That one cannot be removed is no fault of the function whose partition it is. */
  async removeStrays(own: FunctionLane, stateShard: string, strays: readonly TaskKey[]): Promise<void> {
    await own.each(strays, async (key) => {
      const isRemoved = this.deps.rows
        .removeEntry(key, stateShard)
        .catch((error: unknown) => own.report(error));
      if (await isRemoved) this.count('strays');
    });
  }
}

/** All shards that there ever were of a function. */
export function shardsOf({ maxShardCount }: TaskFunctionRecord): number[] {
  return Array.from({ length: maxShardCount }, (_, shard) => shard);
}

/** Splits a list into parts of at most `size`. */
export function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let next = 0; next < items.length; next += size) parts.push(items.slice(next, next + size));
  return parts;
}

/** Cuts a page of an index into turns; a page without entries is an empty one. */
export function turnsOf({ entries }: SweepPage): SweepEntry[][] {
  return entries.length === 0 ? [[]] : inParts(entries, SWEEP_TURN_TASKS);
}

/**
 * Reads a shard turn by turn, and where a run ends before the shard does, has the next one go on behind that place before it
 * begins again.
 */
export async function* throughShard(
  lookedTo: Map<string, string>,
  place: string,
  pagesBehind: (after: string | undefined) => AsyncGenerator<SweepPage>,
): AsyncGenerator<SweepEntry[]> {
  const from = lookedTo.get(place);
  for (const after of from === undefined ? [undefined] : [from, undefined]) {
    for await (const page of pagesBehind(after)) {
      for (const turn of turnsOf(page)) {
        yield turn;
        const last = turn.at(-1)?.place ?? page.scannedTo;
        if (last !== undefined) lookedTo.set(place, last);
      }
      const isRoundDone = after === undefined && from !== undefined && (page.scannedTo ?? '') > from;
      if (isRoundDone) break;
    }
  }
  lookedTo.delete(place);
}

/** Tells whether a row is a task. One that is not, or has what no task has, counts as a failure of its own function. */
export function isReadable(own: FunctionLane, row: SweptRow): row is SweptTask {
  if (!row.isTask) own.fail(new Error(`the row of task "${row.taskId}" is not one that a submit wrote`));
  return row.isTask;
}
