import { setTimeout as pause } from 'node:timers/promises';
import { HEARTBEAT, STOP_POLL_MS } from '../domain/limits.ts';
import type { Task, TaskIn } from '../domain/task.ts';
import { type EndDependencies, endKilledRun, handBack, type WakeUpOutcome } from '../tasks/end-run.ts';
import { pauseMainThread } from './pause-main-thread.ts';
import type { RunSlot, RunSlots } from './run-slots.ts';
import type { ExpectedRun, WatchedRun } from './supervisor-protocol.ts';

/** However AWS does, a process that must end has ended this long after. */
const KILL_WITHIN_MS = 4500;

/** How long the last writes may take beside code that may still run. */
const UNPAUSED_MS = 1000;

/** How long a neighbour that is writing its end may take for it before the process is killed. */
const FINISH_MS = 500;

export interface SupervisionOptions {
  readonly slots: RunSlots;
  /** Every run of this process that is not over. */
  readonly runs: () => readonly ExpectedRun[];
  /** How long a run has to heed its signal; undefined where it is never killed. */
  readonly graceMs: number | undefined;
  readonly timeoutSeconds: number;
  /** How long a run is believed alive without another word. */
  readonly leaseMs: number;
  readonly dependencies: EndDependencies;
  readonly abort: (run: RunSlot) => void;
}

/** Watches runs: asks whether their tasks were stopped, keeps their leases alive, and kills what does not end in time. */
export class Supervision {
  readonly #options: SupervisionOptions;
  #isKilling = false;

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  /** Watches one run until it is over. Never rejects. */
  async watch(run: WatchedRun): Promise<void> {
    const { slots, graceMs, leaseMs, abort } = this.#options;
    let heartbeatTime = run.startTime + HEARTBEAT.first * leaseMs;
    let killTime = run.killTime;
    let isAborted = false;
    while (slots.isCurrent(run)) {
      if (graceMs !== undefined && Date.now() >= killTime) return this.#kill(run);
      const isHeartbeat = Date.now() >= heartbeatTime;
      if (isHeartbeat) heartbeatTime = Date.now() + HEARTBEAT.next * leaseMs;
      const mustEnd = await this.#mustEnd(run, isHeartbeat);
      if (mustEnd && !isAborted && slots.isCurrent(run)) {
        isAborted = true;
        killTime = Math.min(killTime, Date.now() + (graceMs ?? 0));
        abort(run);
      }
      await pause(Math.max(Math.min(STOP_POLL_MS, killTime - Date.now()), 1));
    }
  }

  /** Whether the task was stopped, or the run is no longer the task's. What cannot be asked now is asked again. */
  async #mustEnd(run: WatchedRun, isHeartbeat: boolean): Promise<boolean> {
    const { leaseMs, dependencies } = this.#options;
    const { store, queue, queueUrl } = dependencies;
    try {
      const task = isHeartbeat
        ? await store.extendLease(run.key, run.runId, Date.now() + leaseMs)
        : await store.get(run.key, Date.now());
      if (isHeartbeat && this.#options.slots.isRunning(run)) {
        await queue.retime(queueUrl, run.receiptHandle, (HEARTBEAT.visibility * leaseMs) / 1000);
      }
      return task?.status !== 'Running' || task.runId !== run.runId;
    } catch {
      return false;
    }
  }

  /**
   * Ends the process: the code stands still first, then it is written how its task ended and the neighbours are handed
   * back, so that what the rows say is true when they say it.
   */
  async #kill(run: WatchedRun): Promise<void> {
    const { slots, runs } = this.#options;
    if (this.#isKilling || !slots.tryKill(run)) return;
    this.#isKilling = true;
    setTimeout(killProcess, KILL_WITHIN_MS);
    const neighbours = runs().filter((other) => other.slot !== run.slot && slots.isCurrent(other));
    for (const neighbour of neighbours) slots.tryKill(neighbour);
    await this.#untilFinished(neighbours);
    const isPaused = await pauseMainThread();
    const writes = Promise.allSettled(
      [run, ...neighbours].map((cutOff) => this.#settle(cutOff, run, isPaused)),
    );
    await Promise.race([writes, ...(isPaused ? [] : [pause(UNPAUSED_MS)])]);
    killProcess();
  }

  /** Sees to a run that is cut off by the killing of `killed`: that itself, or its neighbour. */
  async #settle(run: ExpectedRun, killed: ExpectedRun, isPaused: boolean): Promise<void> {
    const { dependencies, timeoutSeconds } = this.#options;
    const { store, queue, queueUrl } = dependencies;
    const task = await store.get(run.key, Date.now());
    let outcome: WakeUpOutcome = 'keep';
    if (!isOfRun(task, run)) {
      // Not started yet, or over already: its message tells either to who comes next.
      await queue.retime(queueUrl, run.receiptHandle, 0);
    } else if (run !== killed && task.status === 'Running') {
      const waitMs = isPaused ? 0 : 3 * UNPAUSED_MS;
      const cause = `killed beside ${killed.key.taskId}`;
      outcome = await handBack(dependencies, task, run, { cause, waitMs });
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
  async #leaveBehind({ key, runId, receiptHandle }: ExpectedRun): Promise<void> {
    const { store, queue, queueUrl } = this.#options.dependencies;
    await store.extendLease(key, runId, Date.now() + 2 * UNPAUSED_MS);
    await queue.retime(queueUrl, receiptHandle, (3 * UNPAUSED_MS) / 1000);
  }

  /** Leaves neighbours that are writing their end some time for it, which a busy main thread does not use. */
  async #untilFinished(neighbours: readonly ExpectedRun[]): Promise<void> {
    const until = Date.now() + FINISH_MS;
    const isFinishing = () => neighbours.some((neighbour) => this.#options.slots.isCurrent(neighbour));
    while (isFinishing() && Date.now() < until) await pause(10);
  }
}

function isOfRun(task: Task | undefined, { runId }: ExpectedRun): task is TaskIn<'Running' | 'Stopping'> {
  return (task?.status === 'Running' || task?.status === 'Stopping') && task.runId === runId;
}

function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}
