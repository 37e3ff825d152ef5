import { ObjectGoneError } from '../aws/payload-store.ts';
import type { WriteOutcome } from '../aws/task-rows.ts';
import { TaskModeError } from '../domain/errors.ts';
import { FAILURES } from '../domain/failure.ts';
import type { SourceOf, StatusIn } from '../domain/lifecycle.ts';
import { DEAD_AFTER_LEASE_MS, EARLY_START_MS } from '../domain/limits.ts';
import { payloadOwner, type RunningTask, type Task, type TaskIn, type TaskKey } from '../domain/task.ts';
import {
  type AttemptOutcome,
  type Delivery,
  type EndDependencies,
  type EndLog,
  endDeadRun,
  endRun,
  handBack,
  untilWritten,
  wakeAgain,
} from './end-run.ts';
import { expireTask } from './end-waiting.ts';
import { handOver } from './hand-over.ts';

export interface RunDependencies extends EndDependencies {
  readonly instanceId: string;
  /** How long a run is believed alive without another heartbeat; Infinity: until the invocation ends. */
  readonly leaseMs: number;
  /** How much of the invocation must be left for an attempt: its time-out, and what it takes to end it. */
  readonly attemptNeedsMs: number;
  /** Runs the user's code once. Never rejects: what the code throws is an outcome. */
  readonly attempt: (task: RunningTask, payloadText: string) => Promise<AttemptOutcome>;
  readonly log: RunLog;
}

export interface RunLog extends EndLog {
  readonly rowMissing: (key: TaskKey) => void;
}

/** How often a task that changes while it is looked at is looked at again. */
const MAX_LOOKS = 3;

/** A wake-up that comes early by up to this much was sent by a machine whose clock is ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Acts on one wake-up: starts the task if it may start, runs the user's code, and writes how that ended. The message has
 * served when this returns, whatever was found: any wake-up may come twice or late.
 * @throws TaskModeError if the row could be neither read nor written, kept changing, or the wake-up that must follow could
 * not be sent; the message then comes again after its visibility time-out.
 */
export async function runTask(deps: RunDependencies, wakeUp: Delivery): Promise<void> {
  // An invocation of which too little is left would end the code before its time-out.
  if (!hasTime(deps, wakeUp)) return wakeAgain(deps, { ...wakeUp.key, tenant: wakeUp.tenant }, wakeUp, 0);
  let from: StatusIn<'waiting'> | undefined = 'Enqueued';
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const outcome: WriteOutcome<RunningTask> = await startFrom(deps, wakeUp, from);
    if (outcome.isWritten) return runStarted(deps, outcome.task, wakeUp);
    const found: Found = await settleRefused(deps, wakeUp, outcome.current);
    if (found === 'done') return;
    from = found.startFrom;
  }
  throw new TaskModeError('ServiceUnavailable', `task "${wakeUp.key.taskId}" keeps changing`);
}

function hasTime({ clock, attemptNeedsMs }: RunDependencies, { invocationEndTime }: Delivery): boolean {
  return invocationEndTime - clock() >= attemptNeedsMs;
}

/** Starts the task. Repeated after a lost response, the write finds that this run has started, and loses no attempt. */
function startFrom(
  deps: RunDependencies,
  wakeUp: Delivery,
  from: StatusIn<'waiting'>,
): Promise<WriteOutcome<RunningTask>> {
  const { store, clock, instanceId, attemptNeedsMs } = deps;
  const { runId, hops, invocationEndTime } = wakeUp;
  return untilWritten(deps, { invocationEndTime: invocationEndTime - attemptNeedsMs }, () => {
    const now = clock();
    const leaseUntil = Math.min(now + deps.leaseMs, invocationEndTime);
    return store.start(wakeUp.key, { runId, now, leaseUntil, instanceId, hops }, from);
  });
}

async function runStarted(deps: RunDependencies, task: RunningTask, wakeUp: Delivery): Promise<void> {
  let payloadText: string;
  try {
    payloadText = await deps.payloads.read(task.payload, payloadOwner(task));
  } catch (error) {
    if (error instanceof ObjectGoneError) {
      return endRun(deps, task, { isSuccess: false, failure: FAILURES.payloadExpired }, wakeUp);
    }
    return handBack(deps, task, wakeUp, error);
  }
  if (!hasTime(deps, wakeUp)) return handBack(deps, task, wakeUp, 'its start took too long');
  return endRun(deps, task, await deps.attempt(task, payloadText), wakeUp);
}

/** `done`: there is nothing more to do for this message. Else the task may start, from this status. */
type Found = 'done' | { readonly startFrom: StatusIn<'waiting'> };

/** Decides from the row why the task did not start, and does what is to be done about it. */
async function settleRefused(
  deps: RunDependencies,
  wakeUp: Delivery,
  current: Task | undefined,
): Promise<Found> {
  const now = deps.clock();
  if (!current) {
    deps.log.rowMissing(wakeUp.key);
    return 'done';
  }
  switch (current.status) {
    case 'Running':
    case 'Stopping':
      // A message that returns finds a dead run as the sweep does. A live one needs no message.
      if (now > current.leaseUntil + DEAD_AFTER_LEASE_MS) await endDeadRun(deps, current, wakeUp);
      return 'done';
    case 'Enqueued':
    case 'Processed':
      return now > current.startDeadline ? expire(deps, current) : awaitDue(deps, wakeUp, current);
    case 'Retrying':
      return awaitDue(deps, wakeUp, current);
    default:
      // Whoever wrote its end may have died before it enqueued the follow-up.
      await handOver(deps, current);
      return 'done';
  }
}

/** A wake-up that is early was either sent under another clock, or the right one is still on its way. */
async function awaitDue(
  deps: RunDependencies,
  wakeUp: Delivery,
  task: TaskIn<StatusIn<'waiting'>>,
): Promise<Found> {
  const waitMs = task.notBefore - deps.clock();
  if (waitMs <= EARLY_START_MS) return { startFrom: task.status };
  if (waitMs <= CLOCK_SKEW_MS && task.wakeTime === undefined) await wakeAgain(deps, task, wakeUp, waitMs);
  return 'done';
}

/** A task that changed before it could expire is looked at again: this may be the only message that it has. */
async function expire(deps: RunDependencies, task: TaskIn<SourceOf<'expire'>>): Promise<Found> {
  return (await expireTask(deps, task, deps.clock())) ? 'done' : { startFrom: 'Enqueued' };
}
