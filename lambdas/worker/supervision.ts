import { setTimeout as pause } from 'node:timers/promises';
import type { Waiters } from '../aws/waiters.ts';
import { HEARTBEAT, STOP_POLL_MS } from '../domain/limits.ts';
import type { EndInvocationDependencies } from '../tasks/end-invocation.ts';
import type { EndDependencies } from '../tasks/end-run.ts';
import { InvocationRuns } from './invocation-runs.ts';
import { pauseMainThread } from './pause-main-thread.ts';
import type { CutOff } from './run-keeper.ts';
import type { RunSlot, RunSlots } from './run-slots.ts';
import { steadyTime } from './steady-time.ts';
import type { ExpectedRun, WatchedRun } from './supervisor-protocol.ts';
import { TaskRuns } from './task-runs.ts';

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
  readonly dependencies: EndDependencies & EndInvocationDependencies;
  /** The states of workflows that wait for tasks. */
  readonly waiters: Waiters;
  readonly abort: (run: RunSlot) => void;
}

/** Watches runs: asks whether their tasks were stopped, keeps their leases alive, and kills what does not end in time. */
export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #tasks: TaskRuns;
  readonly #invocations: InvocationRuns;
  #isKilling = false;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.#tasks = new TaskRuns({ ...options, isRunning: (run) => options.slots.isRunning(run) });
    this.#invocations = new InvocationRuns(options);
  }

  /** Watches one run until it is over. Never rejects. */
  async watch(run: WatchedRun): Promise<void> {
    const { slots, graceMs, leaseMs, abort } = this.#options;
    let heartbeatTime = run.startTime + HEARTBEAT.first * leaseMs;
    let killTime = run.killTime;
    let isAborted = false;
    while (slots.isCurrent(run)) {
      if (graceMs !== undefined && steadyTime() >= killTime) return this.#kill(run);
      const isHeartbeat = Date.now() >= heartbeatTime;
      if (isHeartbeat) heartbeatTime = Date.now() + HEARTBEAT.next * leaseMs;
      const mustEnd = await this.#mustEnd(run, isHeartbeat);
      if (mustEnd && !isAborted && slots.isCurrent(run)) {
        isAborted = true;
        killTime = Math.min(killTime, steadyTime() + (graceMs ?? 0));
        abort(run);
      }
      await pause(Math.max(Math.min(STOP_POLL_MS, killTime - steadyTime()), 1));
    }
    if (!('invocation' in run)) this.#tasks.forget(run);
  }

  #mustEnd(run: WatchedRun, isHeartbeat: boolean): Promise<boolean> {
    return 'invocation' in run ? this.#invocations.mustEnd() : this.#tasks.mustEnd(run, isHeartbeat);
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
    const taken = new Set<ExpectedRun>([run, ...neighbours.filter((neighbour) => slots.tryKill(neighbour))]);
    await this.#untilFinished(neighbours);
    const isPaused = await pauseMainThread();
    const writes = Promise.allSettled(
      [run, ...neighbours].map((cutOff) =>
        this.#settle(cutOff, {
          isKilled: cutOff === run,
          killedBeside: 'invocation' in run ? run.invocation.invocationId : run.key.taskId,
          isTaken: taken.has(cutOff),
          isPaused,
        }),
      ),
    );
    await Promise.race([writes, ...(isPaused ? [] : [pause(UNPAUSED_MS)])]);
    killProcess();
  }

  #settle(run: ExpectedRun, cutOff: CutOff): Promise<void> {
    return 'invocation' in run ? this.#invocations.settle(run, cutOff) : this.#tasks.settle(run, cutOff);
  }

  /** Leaves neighbours that are writing their end some time for it, which a busy main thread does not use. */
  async #untilFinished(neighbours: readonly ExpectedRun[]): Promise<void> {
    const until = Date.now() + FINISH_MS;
    const isFinishing = () => neighbours.some((neighbour) => this.#options.slots.isCurrent(neighbour));
    while (isFinishing() && Date.now() < until) await pause(10);
  }
}

function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}
