import { ObjectGoneError } from '../aws/payload-store.ts';
import type { WriteOutcome } from '../aws/task-rows.ts';
import type { StartableStatus } from '../aws/task-store.ts';
import { FAILURES } from '../domain/failure.ts';
import { EARLY_START_MS, HAND_BACK_MS } from '../domain/limits.ts';
import type { RunningTask, Task, TaskIn, TaskKey } from '../domain/task.ts';
import {
  type AttemptOutcome,
  type Delivery,
  type EndDependencies,
  type EndLog,
  endDeadRun,
  endRun,
  handBack,
  untilWritten,
  type WakeUpOutcome,
} from './end-run.ts';
import { expireTask } from './end-waiting.ts';
import { handOver } from './hand-over.ts';

export interface RunDependencies extends EndDependencies {
  readonly instanceId: string;
  /** How long a run is believed alive without another word; Infinity where nobody keeps its lease alive. */
  readonly leaseMs: number;
  /** Runs the user's code once. Never rejects: what the code throws is an outcome. */
  readonly attempt: (task: RunningTask, payloadText: string) => Promise<AttemptOutcome>;
  readonly log: RunLog;
}

export interface RunLog extends EndLog {
  readonly rowMissing: (key: TaskKey) => void;
}

/** How often a refused start is tried again when the row, read since, says that it could start. */
const MAX_STARTS = 3;

/** Where the task runs elsewhere: how long after that run's lease we look again. */
const AFTER_LEASE_MS = 1000;

/**
 * Acts on one wake-up: starts the task if it may start, runs the user's code, and writes how that ended.
 * A wake-up that finds nothing to do is harmless, so any may come twice or late.
 * @throws TaskModeError when AWS does not take our writes; the message then comes again by itself.
 */
export async function runTask(deps: RunDependencies, wakeUp: Delivery): Promise<WakeUpOutcome> {
  let from: StartableStatus = 'Enqueued';
  for (let starts = 0; starts < MAX_STARTS; starts += 1) {
    const outcome = await startFrom(deps, wakeUp, from);
    if (outcome.isWritten) return runStarted(deps, outcome.task, wakeUp);
    const next = await settleRefused(deps, wakeUp, outcome.current);
    if (next === 'done' || next === 'keep') return next;
    from = next.startFrom;
  }
  return 'keep';
}

/** A start whose response was lost is this run's own when it is written again, and no attempt is lost by it. */
function startFrom(
  deps: RunDependencies,
  wakeUp: Delivery,
  from: StartableStatus,
): Promise<WriteOutcome<RunningTask>> {
  const { store, clock, instanceId } = deps;
  const { runId, hops } = wakeUp;
  return untilWritten(deps, wakeUp, () => {
    const now = clock();
    const leaseUntil = Math.min(now + deps.leaseMs, wakeUp.invocationEndTime);
    return store.start(wakeUp.key, { runId, now, leaseUntil, instanceId, hops }, from);
  });
}

async function runStarted(
  deps: RunDependencies,
  task: RunningTask,
  wakeUp: Delivery,
): Promise<WakeUpOutcome> {
  let payloadText: string;
  try {
    payloadText = await deps.payloads.read(task.payload);
  } catch (error) {
    if (error instanceof ObjectGoneError) {
      return endRun(deps, task, { isSuccess: false, failure: FAILURES.payloadExpired }, wakeUp);
    }
    return handBack(deps, task, wakeUp, { cause: error, waitMs: HAND_BACK_MS });
  }
  return endRun(deps, task, await deps.attempt(task, payloadText), wakeUp);
}

/** Decides from the row why the task did not start, and does what is to be done about it. */
async function settleRefused(
  deps: RunDependencies,
  wakeUp: Delivery,
  current: Task | undefined,
): Promise<WakeUpOutcome | { readonly startFrom: StartableStatus }> {
  const now = deps.clock();
  if (!current) {
    deps.log.rowMissing(wakeUp.key);
    return 'done';
  }
  switch (current.status) {
    case 'Running':
    case 'Stopping':
      return now > current.leaseUntil
        ? endDeadRun(deps, current, wakeUp)
        : comeAgain(deps, wakeUp, current.leaseUntil + AFTER_LEASE_MS - now);
    case 'Enqueued':
    case 'Processed':
      return now > current.startDeadline ? expire(deps, current) : waitUntilDue(deps, wakeUp, current);
    case 'Retrying':
      return waitUntilDue(deps, wakeUp, current);
    default:
      // Who wrote its end may have died before it did so.
      await handOver(deps, current);
      return 'done';
  }
}

async function waitUntilDue(
  deps: RunDependencies,
  wakeUp: Delivery,
  { notBefore, status }: TaskIn<StartableStatus>,
): Promise<WakeUpOutcome | { readonly startFrom: StartableStatus }> {
  const waitMs = notBefore - deps.clock();
  return waitMs > EARLY_START_MS ? comeAgain(deps, wakeUp, waitMs) : { startFrom: status };
}

async function comeAgain(deps: RunDependencies, { receiptHandle }: Delivery, inMs: number): Promise<'keep'> {
  await deps.queue.retime(deps.queueUrl, receiptHandle, inMs / 1000);
  return 'keep';
}

async function expire(deps: RunDependencies, task: TaskIn<'Enqueued' | 'Processed'>): Promise<WakeUpOutcome> {
  return (await expireTask(deps, task, deps.clock())) ? 'done' : 'keep';
}
