import type { BulkJobIndex } from '../aws/bulk-job-index.ts';
import type { BulkJobStore } from '../aws/bulk-job-store.ts';
import type { EndStore } from '../aws/end-store.ts';
import type { EventSources } from '../aws/event-sources.ts';
import type { FunctionSettings } from '../aws/function-settings.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { SweepIndex, SweepPage } from '../aws/sweep-index.ts';
import type { TaskIndex } from '../aws/task-index.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { SWEEP_ITEMS_AT_ONCE, SWEEP_PAGES_MAX, SWEEP_WORK_MS } from '../domain/limits.ts';
import type { MetricValues } from '../domain/metrics.ts';
import { SWEEP_FINDINGS, type SweepFinding } from '../domain/sweep-finding.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import type { EndWaitingDependencies } from './end-waiting.ts';

export interface SweepDependencies {
  readonly index: SweepIndex;
  readonly rows: TaskIndex;
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
  /**
   * How far the last run looked into shards that hold more than one run looks at, by shard. It lives as long as the
   * instance; where it is lost, the next run begins at the oldest task again.
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

/** How many rows one BatchGetItem reads (AWS DynamoDB quota). */
const ROWS_AT_ONCE = 100;

/** One run of the sweep: how long it works, and what it has done. A part that fails does not keep the others from theirs. */
export class SweepRun {
  readonly deps: SweepDependencies;
  readonly counts = Object.fromEntries(SWEEP_FINDINGS.map((finding) => [finding, 0])) as Record<
    SweepFinding,
    number
  >;
  readonly failures: SweepFailure[] = [];
  failureCount = 0;
  readonly #workUntil: number;

  constructor(deps: SweepDependencies) {
    this.deps = deps;
    this.#workUntil = deps.clock() + SWEEP_WORK_MS;
  }

  /** What it takes to end a task of a function with so many shards. */
  ending(shardCount: number): EndWaitingDependencies {
    const { storeFor, queue, followUpQueueUrl } = this.deps;
    return { store: storeFor(shardCount), queue, followUpQueueUrl };
  }

  get hasTime(): boolean {
    return this.deps.clock() < this.#workUntil;
  }

  /** Counts a finding that was seen to. */
  count(finding: SweepFinding): true {
    this.counts[finding] += 1;
    return true;
  }

  /** Does a part of the work; undefined when it failed. */
  async tryTo<T>(part: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.failureCount += 1;
      if (this.failures.length < FAILURES_TOLD) this.failures.push({ part, error });
      return undefined;
    }
  }

  /** Works on items side by side while there is time; tells for how many `work` said true. */
  async each<T>(
    part: string,
    items: readonly T[],
    work: (item: T) => Promise<boolean>,
    atOnce = SWEEP_ITEMS_AT_ONCE,
  ): Promise<number> {
    const left = items.values();
    let done = 0;
    const worker = async () => {
      // The workers share the iterator: each takes the next item.
      for (const item of left) {
        if (!this.hasTime) return;
        if (await this.tryTo(part, () => work(item))) done += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
    return done;
  }

  /**
   * Works on the rows behind the pages of an index, while there is time and each page yields something. Tells up to
   * which sort key the index was looked at; undefined when this was to its end.
   */
  async throughPages(
    part: string,
    pages: AsyncIterable<SweepPage>,
    work: (task: Task) => Promise<boolean>,
    prepare: () => Promise<unknown> = async () => undefined,
  ): Promise<string | undefined> {
    let looked = 0;
    for await (const { keys, scannedTo } of pages) {
      if (keys.length > 0) await prepare();
      const done = await this.each(part, await this.#read(keys), work);
      looked += 1;
      if (scannedTo === undefined) return undefined;
      const isFruitless = keys.length > 0 && done === 0;
      if (isFruitless || looked >= SWEEP_PAGES_MAX || !this.hasTime) return scannedTo;
    }
    return undefined;
  }

  async #read(keys: readonly TaskKey[]): Promise<Task[]> {
    const tasks: Task[] = [];
    for (let next = 0; next < keys.length; next += ROWS_AT_ONCE) {
      tasks.push(...(await this.deps.rows.readAll(keys.slice(next, next + ROWS_AT_ONCE))));
    }
    return tasks;
  }
}
