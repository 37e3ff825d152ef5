import type { Waiters } from '../aws/waiters.ts';
import { HEARTBEAT } from '../domain/limits.ts';
import { NO_LONGER_AWAITED } from '../domain/stop-detail.ts';
import type { RunningTask, Task, TaskIn } from '../domain/task.ts';
import { heartbeatPauseMs, type Waiter } from '../domain/waiter.ts';
import { type EndDependencies, endKilledRun, handBack, type WakeUpOutcome } from '../tasks/end-run.ts';
import { AFTER_KILL_MS, type CutOff, type RunKeeper } from './run-keeper.ts';
import type { RunSlot } from './run-slots.ts';
import type { TaskRun } from './supervisor-protocol.ts';

/** How long the lease still lasts of a run that is left behind: the process is dead by then. */
const LEFT_LEASE_MS = 2000;

export interface TaskRunsOptions {
  readonly timeoutSeconds: number;
  /** How long a run is believed alive without another word. */
  readonly leaseMs: number;
  readonly dependencies: EndDependencies;
  readonly waiters: Waiters;
  readonly isRunning: (run: RunSlot) => boolean;
}

/** Sees to the runs of tasks: what their rows say, and what these are to say. */
export class TaskRuns implements RunKeeper<TaskRun> {
  readonly #options: TaskRunsOptions;
  /** When the state was told last, of each run that one waits for, that its task is alive. */
  readonly #beatTimes = new Map<string, number>();

  constructor(options: TaskRunsOptions) {
    this.#options = options;
  }

  /** Whether the task was stopped, or the run is no longer the task's. What cannot be asked now is asked again. */
  async mustEnd(run: TaskRun, isHeartbeat: boolean): Promise<boolean> {
    const { leaseMs, dependencies } = this.#options;
    const { store, queue, queueUrl } = dependencies;
    try {
      const task = isHeartbeat
        ? await store.extendLease(run.key, run.runId, Date.now() + leaseMs)
        : await store.get(run.key, Date.now());
      if (isHeartbeat && this.#options.isRunning(run)) {
        await queue.retime(queueUrl, run.receiptHandle, (HEARTBEAT.visibility * leaseMs) / 1000);
      }
      if (task?.status !== 'Running' || task.runId !== run.runId) return true;
      await this.#beat(task, isHeartbeat);
      return false;
    } catch {
      return false;
    }
  }

  /** Tells the state that waits for the task that it is alive; where none waits any more, has the task stopped. */
  async #beat(task: RunningTask, isHeartbeat: boolean): Promise<void> {
    const { waiter, runId } = task;
    if (!waiter || !this.#isBeatDue(waiter, runId, isHeartbeat)) return;
    this.#beatTimes.set(runId, Date.now());
    if (await this.#options.waiters.heartbeat(waiter.token)) return;
    const { store } = this.#options.dependencies;
    // Another attempt of the state may have begun to wait meanwhile.
    const change = { now: Date.now(), eventDetail: NO_LONGER_AWAITED, isForWaiter: true };
    await store.move(task, 'stop', 'Stopping', change);
  }

  /** At the first look, since the state may have given up while its task waited, and then with the lease's heartbeats. */
  #isBeatDue(waiter: Waiter, runId: string, isHeartbeat: boolean): boolean {
    const beatTime = this.#beatTimes.get(runId);
    if (beatTime === undefined) return true;
    return isHeartbeat && Date.now() >= beatTime + heartbeatPauseMs(waiter);
  }

  /** A run that is over needs no more of what was remembered of it. */
  forget({ runId }: TaskRun): void {
    this.#beatTimes.delete(runId);
  }

  async settle(run: TaskRun, { isKilled, killedBeside, isPaused }: CutOff): Promise<void> {
    const { dependencies, timeoutSeconds } = this.#options;
    const { store, queue, queueUrl } = dependencies;
    const task = await store.get(run.key, Date.now());
    let outcome: WakeUpOutcome = 'keep';
    if (!isOfRun(task, run)) {
      // Not started yet, or over already: its message tells either to who comes next.
      await queue.retime(queueUrl, run.receiptHandle, 0);
    } else if (!isKilled && task.status === 'Running') {
      const waitMs = isPaused ? 0 : AFTER_KILL_MS;
      outcome = await handBack(dependencies, task, run, { cause: `killed beside ${killedBeside}`, waitMs });
    } else if (isPaused) {
      outcome = await endKilledRun(dependencies, task, timeoutSeconds, run);
    } else {
      await this.#leaveBehind(run);
    }
    if (outcome === 'done') await queue.delete(queueUrl, run.receiptHandle);
  }

  /**
   * The code may still run, inside native code perhaps, so nothing is written that says otherwise. The process is killed
   * at once, its lease ends right after, and then its message comes to whoever writes how it ended.
   */
  async #leaveBehind({ key, runId, receiptHandle }: TaskRun): Promise<void> {
    const { store, queue, queueUrl } = this.#options.dependencies;
    await store.extendLease(key, runId, Date.now() + LEFT_LEASE_MS);
    await queue.retime(queueUrl, receiptHandle, AFTER_KILL_MS / 1000);
  }
}

function isOfRun(task: Task | undefined, { runId }: TaskRun): task is TaskIn<'Running' | 'Stopping'> {
  return (task?.status === 'Running' || task?.status === 'Stopping') && task.runId === runId;
}
