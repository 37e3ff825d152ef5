import { ORPHANS_IN_BACKLOG_MAX, SWEEP_MIN_AGE_MS } from '../domain/limits.ts';
import { isTakenForOrphan } from '../domain/orphan.ts';
import type { Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { TaskInGroup } from '../domain/task-group.ts';
import {
  type EndWaitingDependencies,
  expireTask,
  invalidateTask,
  isOverdue,
  isWaiting,
} from './end-waiting.ts';
import type { SweepRun } from './sweep-run.ts';

/** Ends the waiting tasks of a function that is removed. What still runs is left to its lease. */
export async function sweepRemoved(run: SweepRun, record: TaskFunctionRecord, shard: number): Promise<void> {
  const { functionName, shardCount } = record;
  const ending = run.ending(shardCount);
  const pages = run.deps.index.allWaiting({ functionName, shard });
  await run.throughPages(`waiting tasks of ${functionName}`, pages, async (task) => {
    const isEnded = isWaiting(task) && (await invalidateTask(ending, task, run.deps.clock()));
    return isEnded && run.count('invalid');
  });
}

/** The waiting tasks of one function: ends those whose time is over, and sends lost wake-ups again. */
export class WaitingSweep {
  readonly #run: SweepRun;
  readonly #record: TaskFunctionRecord;
  readonly #ending: EndWaitingDependencies;
  /** Asked for once and before any row is read: what the queue does not hold then, and the row waits for, is lost. */
  #isQueueEmpty: Promise<boolean> | undefined;
  #orphansInBacklog = 0;

  constructor(run: SweepRun, record: TaskFunctionRecord) {
    this.#run = run;
    this.#record = record;
    this.#ending = run.ending(record.shardCount);
  }

  /**
   * Looks at the oldest tasks of a shard, and where it holds more than one run looks at, also at those that follow where
   * the last run ended: so each is looked at sooner or later, however many stand before it.
   */
  async sweep(shard: number): Promise<void> {
    const { lookedTo } = this.#run.deps;
    const place = `${this.#record.functionName}#${shard}`;
    const oldestTo = await this.#look(shard);
    const last = lookedTo.get(place);
    const after = oldestTo !== undefined && last !== undefined && last > oldestTo ? last : oldestTo;
    const reached = after === undefined ? undefined : await this.#look(shard, after);
    // What there was no time for is looked at by the next run.
    if (!this.#run.hasTime) return;
    if (reached === undefined) lookedTo.delete(place);
    else lookedTo.set(place, reached);
  }

  #look(shard: number, after?: string): Promise<string | undefined> {
    const { index, clock } = this.#run.deps;
    const { functionName } = this.#record;
    const until = clock() - SWEEP_MIN_AGE_MS;
    return this.#run.throughPages(
      `waiting tasks of ${functionName}`,
      index.waiting({ functionName, shard }, { until, after }),
      (task) => this.#seeTo(task),
      () => this.#askQueue(),
    );
  }

  async #seeTo(task: Task): Promise<boolean> {
    const now = this.#run.deps.clock();
    if (!isWaiting(task)) return false;
    if (isOverdue(task, now))
      return (await expireTask(this.#ending, task, now)) && this.#run.count('expired');
    return this.#healOrphan(task, now);
  }

  async #healOrphan(task: TaskInGroup<'waiting'>, now: number): Promise<boolean> {
    const isQueueEmpty = await this.#askQueue();
    if (!isTakenForOrphan(task, isQueueEmpty, now)) return false;
    if (!isQueueEmpty && this.#orphansInBacklog >= ORPHANS_IN_BACKLOG_MAX) return false;
    this.#orphansInBacklog += 1;
    await this.#run.deps.queue.send(this.#record.queueUrl, task, 0);
    await this.#ending.store.note(task, { resentTime: now });
    return this.#run.count('orphans');
  }

  #askQueue(): Promise<boolean> {
    this.#isQueueEmpty ??= this.#run.deps.queue.isEmpty(this.#record.queueUrl);
    return this.#isQueueEmpty;
  }
}
