import { REMOVED_FUNCTION_SECONDS } from '../domain/limits.ts';
import type { SweepFinding } from '../domain/sweep-finding.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { sweepBulkJobs } from './sweep-bulk-jobs.ts';
import { sweepConcurrency } from './sweep-concurrency.ts';
import { sweepDeadLetters } from './sweep-dead-letters.ts';
import { sweepDue } from './sweep-due.ts';
import { sweepFollowUps } from './sweep-follow-ups.ts';
import type { FunctionLane, Lane, LaneName, Turns } from './sweep-lane.ts';
import { type SweepDependencies, type SweepFailure, SweepRun, shardsOf } from './sweep-run.ts';
import { sweepRunning } from './sweep-running.ts';
import { sweepStrays } from './sweep-strays.ts';
import { sweepUndelivered } from './sweep-undelivered.ts';
import { sweepRemoved, WaitingSweep } from './sweep-waiting.ts';

export interface SweepReport {
  /** How many of each were found and handled. */
  readonly counts: Readonly<Record<SweepFinding, number>>;
  /** The first things that went wrong, and how many there were. */
  readonly failures: readonly SweepFailure[];
  readonly failureCount: number;
  /** Each lane had time for all that one run looks at. */
  readonly isComplete: boolean;
}

/** The name under which the queue that all functions share takes turns with theirs: no function can have it. */
const SHARED = '#shared';

/**
 * Finds and repairs tasks that nothing else will make progress on, in lanes side by side. Each write is conditional and each
 * message only a wake-up, so that it may run twice at once, and die anywhere.
 * @throws TaskModeError when the functions cannot be listed; other failures are reported, and concern their part only.
 */
export async function sweepTasks(deps: SweepDependencies): Promise<SweepReport> {
  const run = new SweepRun(deps);
  const records = await deps.registry.list();
  const lanes = {
    deadRuns: run.lane('deadRuns'),
    due: run.lane('due'),
    waiting: run.lane('waiting'),
    followUps: run.lane('followUps'),
    deadLetters: run.lane('deadLetters'),
    settings: run.lane('settings'),
  };
  fill(lanes, run, records);
  const { followUps, ...others } = lanes;
  for (const lane of Object.values(others)) lane.close();
  await Promise.all([
    // It learns from the other what there is to do.
    lanes.due.work().finally(() => followUps.close()),
    ...[followUps, lanes.deadRuns, lanes.waiting, lanes.deadLetters, lanes.settings].map((lane) =>
      lane.work(),
    ),
  ]);
  for (const [functionName, BacklogAge] of run.backlogAges) deps.countMetrics(functionName, { BacklogAge });
  const { counts, failures, failureCount } = run;
  return { counts, failures, failureCount, isComplete: Object.values(lanes).every(({ hasTime }) => hasTime) };
}

function fill(
  lanes: Readonly<Record<LaneName, Lane>>,
  run: SweepRun,
  records: readonly TaskFunctionRecord[],
): void {
  const { deps } = run;
  const inLane = (
    lane: Lane,
    piecesOf: (record: TaskFunctionRecord, own: FunctionLane) => readonly Turns[],
  ) => {
    for (const record of lane.inOrder(records, deps.random())) {
      const { functionName } = record;
      for (const turns of piecesOf(record, lane.of(functionName))) lane.add(functionName, turns);
    }
  };
  inLane(lanes.deadRuns, (record, own) =>
    shardsOf(record).map((shard) => sweepRunning(run, own, record, shard)),
  );
  inLane(lanes.due, (record, own) =>
    shardsOf(record).map((shard) => {
      let isFound = false;
      const onFollowUp = () => {
        if (!isFound)
          lanes.followUps.add(own.functionName, sweepFollowUps(run, lanes.followUps, record, shard));
        isFound = true;
      };
      return sweepDue(run, own, record, { shard, onFollowUp });
    }),
  );
  inLane(lanes.waiting, (record, own) => {
    const waiting = new WaitingSweep(run, own, record);
    return shardsOf(record).map((shard) =>
      record.isDeleted ? sweepRemoved(run, own, record, shard) : waiting.sweep(shard),
    );
  });
  lanes.deadLetters.add(SHARED, sweepUndelivered(run, lanes.deadLetters.of(SHARED)));
  // The queues of a removed function may be gone, and the right to them is.
  inLane(lanes.deadLetters, (record, own) => (record.isDeleted ? [] : [sweepDeadLetters(run, own, record)]));
  inLane(lanes.settings, (record, own) => [
    oneTurn(() => sweepBulkJobs(run, own)),
    sweepStrays(run, own, record),
    oneTurn(() => sweepSettings(run, record)),
  ]);
}

async function* oneTurn(work: () => Promise<void>): Turns {
  await work();
  yield;
}

async function sweepSettings(run: SweepRun, record: TaskFunctionRecord): Promise<void> {
  if (!record.isDeleted) await sweepConcurrency(run, record);
  else if (await forgetRemoved(run, record)) run.count('forgotten');
}

/** Forgets a function that was removed so long ago that its tasks are forgotten too; returns whether it did. */
async function forgetRemoved(
  { deps: { registry, clock } }: SweepRun,
  { functionName, deletedTime }: TaskFunctionRecord,
): Promise<boolean> {
  const now = clock();
  if (deletedTime === undefined) {
    await registry.noteRemoved(functionName, now);
    return false;
  }
  const isDue = now > deletedTime + REMOVED_FUNCTION_SECONDS * 1000;
  return isDue && registry.removeRemoved(functionName, deletedTime);
}
