import { setTimeout as pause } from 'node:timers/promises';
import { HEARTBEAT, LEASE_SECONDS_RANGE, STOP_POLL_MS } from '../domain/limits.ts';
import type { EndInvocationDependencies } from '../tasks/end-invocation.ts';
import type { EndDependencies } from '../tasks/end-run.ts';
import { InvocationRuns } from './invocation-runs.ts';
import { pauseMainThread } from './pause-main-thread.ts';
import type { CutOff, Look } from './run-keeper.ts';
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

/** How often a state that waits is told that its task is alive if the task has no lease to renew. */
const PULSE_WITHOUT_LEASE_MS = LEASE_SECONDS_RANGE.default * 1000;

export interface SupervisionOptions {
  readonly slots: RunSlots;
  /** Every run of this process that is not over. */
  readonly runs: () => readonly ExpectedRun[];
  /** How long a run has to heed its signal; undefined where it is never killed. */
  readonly graceMs: number | undefined;
  readonly timeoutSeconds: number;
  /** How long a run is believed alive without another heartbeat; Infinity: until its invocation ends, without any. */
  readonly leaseMs: number;
  readonly dependencies: EndDependencies & EndInvocationDependencies;
  readonly abort: (run: RunSlot) => void;
}

/** Watches runs: asks whether their tasks were stopped, renews their leases, and kills what does not end in time. */
export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #tasks: TaskRuns;
  readonly #invocations: InvocationRuns;
  #isKilling = false;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.#tasks = new TaskRuns(options);
    this.#invocations = new InvocationRuns(options);
  }

  /** Watches one run until it is over. Never rejects. */
  async watch(run: WatchedRun): Promise<void> {
    const { slots, graceMs, leaseMs, abort } = this.#options;
    const pulseMs = Number.isFinite(leaseMs) ? leaseMs : PULSE_WITHOUT_LEASE_MS;
    let pulseTime = run.startTime + HEARTBEAT.first * pulseMs;
    let killTime = run.killTime;
    let isAborted = false;
    while (slots.isCurrent(run)) {
      const isKillable = graceMs !== undefined && slots.isRunning(run);
      if (isKillable && steadyTime() >= killTime && (await this.#kill(run))) return;
      const isPulse = Date.now() >= pulseTime;
      const look = this.#look(run, isPulse);
      const found = await (isKillable ? answeredWithin(killTime - steadyTime(), look) : look);
      // A heartbeat that failed is repeated at the next look.
      if (isPulse && found !== 'unknown') pulseTime = Date.now() + HEARTBEAT.next * pulseMs;
      if (found === 'mustEnd' && !isAborted && slots.isCurrent(run)) {
        isAborted = true;
        killTime = Math.min(killTime, steadyTime() + (graceMs ?? 0));
        abort(run);
      }
      await pause(Math.max(Math.min(STOP_POLL_MS, isKillable ? killTime - steadyTime() : STOP_POLL_MS), 1));
    }
    if (!('invocation' in run)) this.#tasks.forget(run);
  }

  #look(run: WatchedRun, isPulse: boolean): Promise<Look> {
    return 'invocation' in run ? this.#invocations.look() : this.#tasks.look(run, isPulse);
  }

  /**
   * Ends the process, unless the code has just ended: pauses the code first, then writes how its task ended and hands the
   * neighbours back, so that what the rows say is true when they say it. Returns whether the process ends.
   */
  async #kill(run: WatchedRun): Promise<boolean> {
    const { slots, runs } = this.#options;
    if (this.#isKilling) return true;
    if (!slots.tryKill(run)) return false;
    this.#isKilling = true;
    setTimeout(killProcess, KILL_WITHIN_MS);
    const neighbours = runs().filter((other) => other.slot !== run.slot && slots.isCurrent(other));
    const taken = new Set<ExpectedRun>([run, ...neighbours.filter((neighbour) => slots.tryKill(neighbour))]);
    await this.#untilFinished(neighbours);
    const isPaused = await pauseMainThread().catch(() => false);
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
    return true;
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

/** Waits for a look, but no longer than this: one that AWS is slow to answer must not hold up the kill. */
async function answeredWithin(milliseconds: number, look: Promise<Look>): Promise<Look> {
  const answered = new AbortController();
  const late = pause(Math.max(milliseconds, 0), 'unknown' as const, { signal: answered.signal }).catch(
    () => 'unknown' as const,
  );
  const found = await Promise.race([look, late]);
  answered.abort();
  return found;
}

function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}
