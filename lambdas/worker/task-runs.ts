import { DEAD_AFTER_LEASE_MS } from '../domain/limits.ts';
import { NO_LONGER_AWAITED } from '../domain/stop-detail.ts';
import type { RunningTask, Task } from '../domain/task.ts';
import { isTaskIn, type TaskInGroup } from '../domain/task-group.ts';
import { heartbeatPauseMs, type Waiter } from '../domain/waiter.ts';
import { type EndDependencies, endKilledRun, handBackNeighbour, wakeAgain } from '../tasks/end-run.ts';
import { isWaiting } from '../tasks/end-waiting.ts';
import { handOver } from '../tasks/hand-over.ts';
import { AFTER_KILL_MS, type CutOff, type Look, type RunKeeper } from './run-keeper.ts';
import { steadyTime } from './steady-time.ts';
import type { TaskRun, WatchedTaskRun } from './supervisor-protocol.ts';

export interface TaskRunsOptions {
  readonly timeoutSeconds: number;
  /** How long a run is believed alive without another heartbeat; Infinity: until its invocation ends, without any. */
  readonly leaseMs: number;
  readonly dependencies: EndDependencies;
}

/** Handles the runs of tasks: reads what their rows say, and writes what these are to say. */
export class TaskRuns implements RunKeeper<TaskRun> {
  readonly #options: TaskRunsOptions;
  /** When the waiting state of each run was last told that its task is alive. */
  readonly #beatTimes = new Map<string, number>();

  constructor(options: TaskRunsOptions) {
    this.#options = options;
  }

  async look(run: WatchedTaskRun, isPulse: boolean): Promise<Look> {
    try {
      const task = await this.#read(run, isPulse);
      if (!isRunning(task, run)) return 'mustEnd';
      await this.#beat(task, isPulse);
      return 'goesOn';
    } catch {
      return 'unknown';
    }
  }

  /** Renews the lease on a pulse; else reads, at half the price, what may lag behind by a moment. */
  async #read(run: WatchedTaskRun, isPulse: boolean): Promise<Task | undefined> {
    const { leaseMs, dependencies } = this.#options;
    const { store } = dependencies;
    const now = Date.now();
    if (isPulse && Number.isFinite(leaseMs)) {
      // Never beyond the end of the invocation: Lambda ends the run then, whatever else happens.
      const leaseUntil = now + Math.min(leaseMs, Math.max(run.endTime - steadyTime(), 0));
      return store.extendLease(run.key, run.runId, { now, leaseUntil });
    }
    const task = await store.peek(run.key, now);
    return isRunning(task, run) ? task : store.get(run.key, now);
  }

  /** Tells the state that waits for the task that it is alive; stops the task if the state waits no longer. */
  async #beat(task: RunningTask, isPulse: boolean): Promise<void> {
    const { waiter, runId } = task;
    if (!waiter || !this.#isBeatDue(waiter, runId, isPulse)) return;
    this.#beatTimes.set(runId, Date.now());
    const { store, waiters } = this.#options.dependencies;
    if (await waiters.heartbeat(waiter.token)) return;
    // If another attempt of the state has begun to wait since, the row has moved on and this is not written.
    await store.move(task, 'stop', 'Stopping', { now: Date.now(), eventDetail: NO_LONGER_AWAITED });
  }

  /** At the first look, since the state may have given up while its task waited, and then with each pulse. */
  #isBeatDue(waiter: Waiter, runId: string, isPulse: boolean): boolean {
    const beatTime = this.#beatTimes.get(runId);
    if (beatTime === undefined) return true;
    return isPulse && Date.now() >= beatTime + heartbeatPauseMs(waiter);
  }

  /** Drops what was remembered of a run that is over. */
  forget({ runId }: TaskRun): void {
    this.#beatTimes.delete(runId);
  }

  async settle(run: TaskRun, { isKilled, killedBeside, isPaused }: CutOff): Promise<void> {
    const { dependencies, timeoutSeconds } = this.#options;
    const { store, queue, queueUrl } = dependencies;
    const task = await store.get(run.key, Date.now());
    if (!isOfRun(task, run)) {
      if (task) await this.#leaveToOthers(task, run);
    } else if (!isKilled && task.status === 'Running') {
      const waitMs = isPaused ? 0 : AFTER_KILL_MS;
      await handBackNeighbour(dependencies, task, run, { cause: `killed beside ${killedBeside}`, waitMs });
    } else if (isPaused) {
      await endKilledRun(dependencies, task, timeoutSeconds, run);
    } else {
      await this.#leaveBehind(task, run);
    }
    // Left in flight, the message would return long after, and count among the 120,000 that a queue may have there.
    await queue.delete(queueUrl, run.receiptHandle);
  }

  /** The run has not started, or its end is written: what must follow may not have been sent. */
  async #leaveToOthers(task: Task, run: TaskRun): Promise<void> {
    const { dependencies } = this.#options;
    if (isWaiting(task)) await wakeAgain(dependencies, task, run, task.notBefore - Date.now());
    else await handOver(dependencies, task);
  }

  /**
   * The code may still run, inside native code perhaps, so nothing is written that says otherwise. The process is killed
   * at once; the lease is set so that the fresh wake-up finds the run dead.
   */
  async #leaveBehind(task: Task, run: TaskRun): Promise<void> {
    const { dependencies } = this.#options;
    const now = Date.now();
    const leaseUntil = now + AFTER_KILL_MS - DEAD_AFTER_LEASE_MS;
    await dependencies.store.extendLease(run.key, run.runId, { now, leaseUntil });
    await wakeAgain(dependencies, task, run, AFTER_KILL_MS + 1000);
  }
}

function isRunning(task: Task | undefined, { runId }: TaskRun): task is RunningTask {
  return task?.status === 'Running' && task.runId === runId;
}

function isOfRun(task: Task | undefined, { runId }: TaskRun): task is TaskInGroup<'running'> & Task {
  return task !== undefined && isTaskIn(task, 'running') && task.runId === runId;
}
