import type { BulkJobOutcome, BulkJobStore, BulkProgress } from '../aws/bulk-job-store.ts';
import type { TaskIndex } from '../aws/task-index.ts';
import {
  type BulkJob,
  type BulkJobKey,
  type BulkOutcome,
  isActedOn,
  matchedOf,
  withOutcomes,
} from '../domain/bulk-job.ts';
import { firstPlace, isAnotherPassDue } from '../domain/bulk-place.ts';
import { TaskModeError } from '../domain/errors.ts';
import {
  BULK_LEASE_MARGIN_MS,
  BULK_LOOK_MS,
  BULK_PAUSE_MS,
  BULK_STALLED_MS,
  BULK_TASKS_AT_ONCE,
  INDEX_LAG_MS,
} from '../domain/limits.ts';
import type { Task } from '../domain/task.ts';
import { type ActDependencies, actOnBulkTask } from './act-on-bulk-task.ts';
import { claimBulkJob } from './claim-bulk-job.ts';
import { BulkTaskFinder } from './find-bulk-tasks.ts';
import type { FindFunctionDependencies } from './find-function.ts';
import { mapAtOnce } from './map-at-once.ts';
import { findTarget } from './start-bulk-job.ts';

export interface RunBulkJobDependencies extends FindFunctionDependencies, ActDependencies {
  readonly jobs: BulkJobStore;
  readonly index: TaskIndex;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly logFault: (job: BulkJobKey, error: unknown) => void;
}

export interface RunBulkJobRequest {
  readonly key: BulkJobKey;
  /** Signs what this worker writes. */
  readonly runId: string;
  /** When it is to give the job back, for its message to come again. */
  readonly workUntil: number;
}

/** How a worker leaves a job: ended; to go on with; or not its own, or no more. */
export type BulkRunEnd =
  | { readonly kind: 'ended' | 'unfinished'; readonly job: BulkJob }
  | { readonly kind: 'left' };

/**
 * Works on a bulk job until it has ended, or there is no more time. It may die anywhere, and run twice at once: what it is
 * about to act on is in the row before, so that who takes the job over finds out what became of each, and one that lost the
 * job writes nothing more.
 * @throws TaskModeError when AWS does not let the job be taken up or given back.
 */
export async function runBulkJob(
  deps: RunBulkJobDependencies,
  { key, runId, workUntil }: RunBulkJobRequest,
): Promise<BulkRunEnd> {
  const job = await claimBulkJob(deps, key, runId);
  if (!job) return { kind: 'left' };
  try {
    return await new BulkRun(deps, job, workUntil).work();
  } catch (error) {
    if (error instanceof JobLostError) return { kind: 'left' };
    throw error;
  }
}

/** Another worker has the job, or it was ended. */
class JobLostError extends Error {
  override readonly name = 'JobLostError';
}

/** One worker's hold of a job. */
class BulkRun {
  readonly #deps: RunBulkJobDependencies;
  readonly #workUntil: number;
  readonly #finder: BulkTaskFinder;
  #job: BulkJob;
  /** The rows of the batch, right after they were read. */
  #rows: readonly Task[] | undefined;
  #atOnce = BULK_TASKS_AT_ONCE;
  #pauseMs: number = BULK_PAUSE_MS.min;

  constructor(deps: RunBulkJobDependencies, job: BulkJob, workUntil: number) {
    this.#deps = deps;
    this.#job = job;
    this.#workUntil = workUntil;
    this.#finder = new BulkTaskFinder(deps);
  }

  async work(): Promise<BulkRunEnd> {
    const { clock, jobs } = this.#deps;
    while (clock() < this.#workUntil) {
      try {
        const ended = await this.#step();
        if (ended) return { kind: 'ended', job: ended };
        this.#pauseMs = BULK_PAUSE_MS.min;
      } catch (error) {
        const ended = await this.#slowDown(error);
        if (ended) return { kind: 'ended', job: ended };
      }
    }
    this.#take(await jobs.release(this.#job, clock()));
    return { kind: 'unfinished', job: this.#job };
  }

  /** One write of progress, and what goes before it; tells when the job has ended. */
  async #step(): Promise<BulkJob | undefined> {
    const { batch, status, isMaxTasksReached, place } = this.#job;
    if (status === 'Stopping') return this.#end('Stopped');
    if (batch.length > 0) return this.#act();
    if (isMaxTasksReached) return this.#end('Succeeded');
    if (!place.isOver) return this.#find();
    return isAnotherPassDue(this.#job, place) ? this.#beginPass(place.pass + 1) : this.#end('Succeeded');
  }

  /** Finds what is to be acted on next, and notes it before anything is done to it. */
  async #find(): Promise<undefined> {
    const { clock } = this.#deps;
    if (this.#job.action === 'Redrive') await this.#untilIndexed();
    const { maxShardCount } = await findTarget(this.#deps, this.#job);
    const lookUntil = clock() + BULK_LOOK_MS;
    let found = await this.#finder.find(this.#job, this.#job.place, maxShardCount);
    while (found.tasks.length === 0 && !found.place.isOver && clock() < lookUntil) {
      found = await this.#finder.find(this.#job, found.place, maxShardCount);
    }
    const left = this.#job.maxTasks - matchedOf(this.#job);
    const tasks = found.tasks.slice(0, left);
    await this.#advance({
      place: found.place,
      batch: tasks.map(({ taskId }) => taskId),
      progressTime: clock(),
      ...(found.tasks.length > left && { isMaxTasksReached: true }),
    });
    this.#rows = tasks;
  }

  /** What had ended when the job was created is in the index some moments later. */
  async #untilIndexed(): Promise<void> {
    const { clock, pause } = this.#deps;
    const wait = this.#job.createdTime + INDEX_LAG_MS - clock();
    if (wait > 0) await pause(wait);
  }

  /** A task that has moved right before is in the index some moments later. */
  async #beginPass(pass: number): Promise<undefined> {
    await this.#deps.pause(INDEX_LAG_MS);
    await this.#advance({ place: firstPlace(this.#job, pass) });
  }

  /** Acts on the batch, as far as AWS and the lease let it, and notes what came of it. */
  async #act(): Promise<undefined> {
    const { clock } = this.#deps;
    const { batch } = this.#job;
    const record = await findTarget(this.#deps, this.#job);
    const rows = await this.#readBatch();
    const actUntil = Math.min(this.#workUntil, (this.#job.leaseUntil ?? 0) - BULK_LEASE_MARGIN_MS);
    let fault: unknown;
    const outcomes = await mapAtOnce(batch, this.#atOnce, async (taskId) => {
      if (fault !== undefined || clock() >= actUntil) return undefined;
      try {
        return await actOnBulkTask(this.#deps, this.#job, record, rows.get(taskId));
      } catch (error) {
        fault ??= error;
        return undefined;
      }
    });
    const known = outcomes.filter((outcome) => outcome !== undefined);
    await this.#advance({
      ...withOutcomes(this.#job, known),
      batch: batch.filter((_, index) => outcomes[index] === undefined),
      ...(known.length > 0 && { progressTime: clock() }),
    });
    if (fault !== undefined) throw fault;
    this.#atOnce = Math.min(this.#atOnce + 1, BULK_TASKS_AT_ONCE);
  }

  async #readBatch(): Promise<ReadonlyMap<string, Task>> {
    const { functionName, batch } = this.#job;
    const rows =
      this.#rows ?? (await this.#deps.index.readAll(batch.map((taskId) => ({ functionName, taskId }))));
    this.#rows = undefined;
    return new Map(rows.map((task) => [task.taskId, task]));
  }

  /** Ends the job, with what was done of its last batch counted. */
  async #end(status: 'Succeeded' | 'Failed' | 'Stopped', error?: string): Promise<BulkJob | undefined> {
    const { jobs, clock } = this.#deps;
    if (this.#job.batch.length > 0) await this.#settle();
    const outcome = await jobs.end(this.#job, status, { now: clock(), error });
    // Asked to stop since it was read.
    if (!outcome.isWritten && outcome.current?.status === 'Stopping' && this.#job.status !== 'Stopping') {
      this.#job = outcome.current;
      return undefined;
    }
    return this.#take(outcome);
  }

  /** Counts what was done of the batch by whoever had the job before, and gives up the rest. */
  async #settle(): Promise<void> {
    const rows = await this.#readBatch();
    const done = [...rows.values()].filter((task) => isActedOn(this.#job, task));
    await this.#advance({
      ...withOutcomes(
        this.#job,
        done.map((): BulkOutcome => 'done'),
      ),
      batch: [],
    });
  }

  /** After a fault: fewer tasks at once, after a pause; tells when it has ended the job. */
  async #slowDown(error: unknown): Promise<BulkJob | undefined> {
    if (error instanceof JobLostError) throw error;
    const { logFault, pause, clock } = this.#deps;
    this.#rows = undefined;
    const failure = this.#failureOf(error);
    if (failure !== undefined) return this.#end('Failed', failure);
    logFault(this.#job, error);
    this.#atOnce = Math.max(1, Math.floor(this.#atOnce / 2));
    await pause(Math.min(this.#pauseMs, Math.max(0, this.#workUntil - clock())));
    this.#pauseMs = Math.min(this.#pauseMs * 2, BULK_PAUSE_MS.max);
    // It keeps the lease, and hears of a stop.
    await this.#advance({}).catch((again: unknown) => {
      if (again instanceof JobLostError) throw again;
    });
  }

  /** Why a job cannot go on after a fault; undefined when it is to try again. */
  #failureOf(fault: unknown): string | undefined {
    const { functionName, progressTime } = this.#job;
    if (fault instanceof TaskModeError && fault.code === 'FunctionNotFound') {
      return `function "${functionName}" was removed`;
    }
    const stalledMs = this.#deps.clock() - progressTime;
    return stalledMs > BULK_STALLED_MS
      ? `no task could be acted on for ${Math.round(stalledMs / 60_000)} minutes: the worker's log says why`
      : undefined;
  }

  async #advance(progress: BulkProgress): Promise<void> {
    this.#take(await this.#deps.jobs.advance(this.#job, progress, this.#deps.clock()));
  }

  #take(outcome: BulkJobOutcome): BulkJob {
    if (!outcome.isWritten) throw new JobLostError('another worker has the job, or it has ended');
    this.#job = outcome.job;
    return outcome.job;
  }
}
