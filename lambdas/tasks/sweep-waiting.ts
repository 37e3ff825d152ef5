import { stateKey } from '../aws/sweep-index.ts';
import { wantedState } from '../domain/concurrency.ts';
import { FAILURES, failureDetail } from '../domain/failure.ts';
import { ORPHANS_IN_BACKLOG_MAX, SWEEP_MIN_AGE_MS, SWEEP_WAITING_LOOK } from '../domain/limits.ts';
import { isTakenForOrphan } from '../domain/orphan.ts';
import { isAbandoned, isOverdueRow, isWaitingRow, type SweptTask } from '../domain/swept-task.ts';
import { expiresAtOfEnd } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { handOver } from './hand-over.ts';
import { expire, invalidate, sendThenNote } from './sweep-due.ts';
import type { FunctionLane, Turns } from './sweep-lane.ts';
import { isReadable, type SweepRun, throughShard, turnsOf } from './sweep-run.ts';

/** Ends the waiting tasks of a shard of a function that is removed. What still runs is left to its lease. */
export async function* sweepRemoved(
  run: SweepRun,
  own: FunctionLane,
  record: TaskFunctionRecord,
  shard: number,
): Turns {
  const place = { functionName: record.functionName, shard };
  const turns = throughShard(run.deps.lookedTo, `${place.functionName}#removed#${shard}`, (after) =>
    run.ownPages(own, stateKey(place, 'waiting'), run.deps.index.allWaiting(place, { after })),
  );
  for await (const entries of turns) {
    const rows = await run.readRows(entries);
    const waiting = rows.filter((row) => isReadable(own, row)).filter(isWaitingRow);
    await own.each(waiting, (task) => invalidate(run, record, task));
    yield;
  }
}

/** The waiting tasks of one function: ends those whose time is over, and sends lost wake-ups again. */
export class WaitingSweep {
  readonly #run: SweepRun;
  readonly #own: FunctionLane;
  readonly #record: TaskFunctionRecord;
  readonly #isPaused: boolean;
  /** Asked for once and before any row is read: what the queue does not hold then, and the row waits for, is lost. */
  #isQueueEmpty: Promise<boolean | undefined> | undefined;
  #orphansInBacklog = 0;
  #isQueueAway = false;

  constructor(run: SweepRun, own: FunctionLane, record: TaskFunctionRecord) {
    this.#run = run;
    this.#own = own;
    this.#record = record;
    this.#isPaused = !wantedState(record).isEnabled;
  }

  /**
   * Looks at the oldest tasks of a shard, and where it holds more than one run looks at, also at those that follow where
   * the last run ended: so each is looked at sooner or later, however many stand before it.
   */
  async *sweep(shard: number): Turns {
    const { lookedTo } = this.#run.deps;
    const place = `${this.#record.functionName}#waiting#${shard}`;
    const oldestTo = yield* this.#look(shard);
    const last = lookedTo.get(place);
    const after = oldestTo !== undefined && last !== undefined && last > oldestTo ? last : oldestTo;
    const reached = after === undefined ? undefined : yield* this.#look(shard, after);
    if (reached === undefined) lookedTo.delete(place);
    else lookedTo.set(place, reached);
  }

  /** Looks until enough tasks in a row need nothing; returns the place up to which, or undefined at the shard's end. */
  async *#look(shard: number, after?: string): AsyncGenerator<void, string | undefined> {
    const { index, clock } = this.#run.deps;
    const place = { functionName: this.#record.functionName, shard };
    const until = clock() - SWEEP_MIN_AGE_MS;
    const pages = index.waiting(place, { until, after });
    let fruitless = 0;
    for await (const page of this.#run.ownPages(this.#own, stateKey(place, 'waiting'), pages)) {
      for (const entries of turnsOf(page)) {
        if (entries.length > 0) await this.#askQueue();
        const found = await this.#handle(
          (await this.#run.readRows(entries)).filter((row) => isReadable(this.#own, row)),
        );
        // A page without entries was one of tasks that have a wake time.
        fruitless = found > 0 ? 0 : fruitless + (entries.length || EMPTY_PAGE_WEIGHT);
        yield;
        const reached = entries.at(-1)?.place ?? page.scannedTo;
        const isLast = page.scannedTo === undefined && entries.at(-1) === page.entries.at(-1);
        if (fruitless >= SWEEP_WAITING_LOOK && !isLast) return reached;
      }
    }
    return undefined;
  }

  /** Acts on those that need something; returns how many. */
  async #handle(rows: readonly SweptTask[]): Promise<number> {
    const now = this.#run.deps.clock();
    const waiting = rows.filter(isWaitingRow);
    for (const { notBefore, wakeTime } of waiting)
      if (wakeTime === undefined && notBefore < now)
        this.#run.noteAge(this.#record.functionName, now - notBefore);
    const overdue = waiting.filter((task) => isOverdueRow(task, now));
    const abandoned = waiting.filter((task) => isAbandoned(task, now));
    await this.#own.each(overdue, (task) => expire(this.#run, this.#record, task));
    await this.#own.each(abandoned, (task) => this.#fail(task));
    const others = waiting.filter((task) => !isOverdueRow(task, now) && !isAbandoned(task, now));
    return overdue.length + abandoned.length + (await this.#healOrphans(others, now));
  }

  /** Fails a task that no worker took for a week after its last attempt, with the error of that attempt. */
  #fail(row: SweptTask): Promise<void> {
    return this.#run.withTask(row, async (task) => {
      const { store, ...deps } = this.#run.ending(this.#record.shardCount);
      const now = this.#run.deps.clock();
      if (task.status !== 'Retrying' || !isAbandoned(task, now)) return;
      const error = task.error ?? FAILURES.instanceDied(task.instanceId ?? '');
      const fields = { error, endTime: now, expiresAt: expiresAtOfEnd(now) };
      const change = { now, eventDetail: failureDetail(error), fields };
      const outcome = await store.move(task, 'fail', 'Failed', change);
      if (!outcome.isWritten) return;
      await handOver(deps, outcome.task);
      this.#run.count('abandoned');
    });
  }

  async #healOrphans(tasks: readonly SweptTask[], now: number): Promise<number> {
    const isQueueEmpty = await this.#isQueueEmpty;
    // A paused function's messages wait in its queue, whatever SQS counts.
    if (isQueueEmpty === undefined || this.#isPaused || this.#isQueueAway) return 0;
    const lost = tasks.filter((task) => isTakenForOrphan(task, isQueueEmpty, now));
    const room = isQueueEmpty ? lost.length : ORPHANS_IN_BACKLOG_MAX - this.#orphansInBacklog;
    const messages = lost.slice(0, Math.max(room, 0)).map((task) => ({ task, delaySeconds: 0 }));
    this.#orphansInBacklog += messages.length;
    await sendThenNote(this.#run, this.#own, {
      queueUrl: this.#record.queueUrl,
      messages,
      note: async (task, outcome) => {
        if (outcome === 'sent' && (await this.#run.deps.rows.noteResent(task, now)))
          this.#run.count('orphans');
      },
      onRefused: () => {
        this.#isQueueAway = true;
      },
    });
    return messages.length;
  }

  /** Whether the queue is empty; undefined if it cannot be asked, which must not keep tasks from expiring. */
  #askQueue(): Promise<boolean | undefined> {
    this.#isQueueEmpty ??= this.#run.deps.queue.isEmpty(this.#record.queueUrl).catch((error: unknown) => {
      this.#isQueueAway = true;
      this.#own.report(error);
      return undefined;
    });
    return this.#isQueueEmpty;
  }
}

/** A page of an index that has no entry, since all its tasks have a wake time, counts as so many that need nothing. */
const EMPTY_PAGE_WEIGHT = 30;
