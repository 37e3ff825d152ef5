import type { FunctionRegistry } from '../aws/function-registry.ts';
import { REMOVED_FUNCTION_SECONDS, SWEEP_FUNCTIONS_AT_ONCE } from '../domain/limits.ts';
import type { SweepFinding } from '../domain/sweep-finding.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { sweepBulkJobs } from './sweep-bulk-jobs.ts';
import { sweepConcurrency } from './sweep-concurrency.ts';
import { sweepDeadLetters } from './sweep-dead-letters.ts';
import { sweepDue } from './sweep-due.ts';
import { type SweepDependencies, type SweepFailure, SweepRun } from './sweep-run.ts';
import { sweepRunning } from './sweep-running.ts';
import { sweepUndelivered } from './sweep-undelivered.ts';
import { sweepRemoved, WaitingSweep } from './sweep-waiting.ts';

export interface SweepTasksDependencies extends SweepDependencies {
  readonly registry: FunctionRegistry;
}

export interface SweepReport {
  /** How many of each were found and seen to. */
  readonly counts: Readonly<Record<SweepFinding, number>>;
  /** The first things that went wrong, and how many there were. */
  readonly failures: readonly SweepFailure[];
  readonly failureCount: number;
  /** There was time to look at all that one run looks at. */
  readonly isComplete: boolean;
}

/**
 * Looks for tasks that need somebody, and sees to them: the only one who does. Each write is conditional and each
 * message only a wake-up, so that it may run twice at once, and die anywhere.
 * @throws TaskModeError when the functions cannot be listed; other failures are reported, and concern their part only.
 */
export async function sweepTasks({ registry, ...deps }: SweepTasksDependencies): Promise<SweepReport> {
  const run = new SweepRun(deps);
  const records = await registry.list();
  const functions = new Map(records.map((record) => [record.functionName, record]));
  await Promise.all([
    sweepDue(run, functions),
    run.tryTo('undelivered ends', () => sweepUndelivered(run)),
    run.tryTo('bulk jobs', () => sweepBulkJobs(run)),
    run.each(
      'functions',
      fromRandomOn(records, deps.random()),
      (record) => sweepFunction(run, registry, record),
      SWEEP_FUNCTIONS_AT_ONCE,
    ),
  ]);
  const { counts, failures, failureCount, hasTime } = run;
  return { counts, failures, failureCount, isComplete: hasTime };
}

async function sweepFunction(
  run: SweepRun,
  registry: FunctionRegistry,
  record: TaskFunctionRecord,
): Promise<true> {
  const { functionName, isDeleted } = record;
  const forget = () => forgetRemoved(run, registry, record);
  if (isDeleted && (await run.tryTo(`removed function ${functionName}`, forget)))
    return run.count('forgotten');
  const waiting = new WaitingSweep(run, record);
  await Promise.all([
    eachShard(run, `running tasks of ${functionName}`, record, (shard) => sweepRunning(run, record, shard)),
    eachShard(run, `waiting tasks of ${functionName}`, record, (shard) =>
      isDeleted ? sweepRemoved(run, record, shard) : waiting.sweep(shard),
    ),
    // The queues of a removed function may be gone, and the right to them is.
    !isDeleted && run.tryTo(`dead letters of ${functionName}`, () => sweepDeadLetters(run, record)),
    !isDeleted && run.tryTo(`concurrency of ${functionName}`, () => sweepConcurrency(run, record)),
  ]);
  return true;
}

/** Forgets a function that was removed so long ago that its tasks are forgotten too; tells whether. */
async function forgetRemoved(
  { deps }: SweepRun,
  registry: FunctionRegistry,
  { functionName, deletedTime }: TaskFunctionRecord,
): Promise<boolean> {
  const now = deps.clock();
  if (deletedTime === undefined) {
    await registry.noteRemoved(functionName, now);
    return false;
  }
  const isDue = now > deletedTime + REMOVED_FUNCTION_SECONDS * 1000;
  return isDue && registry.removeRemoved(functionName, deletedTime);
}

/** One shard after the other: what is done side by side are the tasks of each, and the SDK has 50 connections. */
function eachShard(
  run: SweepRun,
  part: string,
  { maxShardCount }: TaskFunctionRecord,
  work: (shard: number) => Promise<void>,
): Promise<number> {
  const shards = Array.from({ length: maxShardCount }, (_, shard) => shard);
  return run.each(part, shards, (shard) => work(shard).then(() => true), 1);
}

/** Where time does not suffice for all functions, the same ones must not always be the last. */
function fromRandomOn<T>(items: readonly T[], random: number): T[] {
  const first = Math.floor(random * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
