import { Worker } from 'node:worker_threads';
import { type RunSlot, RunSlots } from './run-slots.ts';
import type { FromSupervisor, SupervisorData, ToSupervisor, WatchedRun } from './supervisor-protocol.ts';

interface Watch {
  readonly run: WatchedRun;
  readonly abort: () => void;
}

/**
 * The main thread's side of the supervisor: a thread beside the user's code that asks whether a task was stopped, keeps
 * its lease alive, and kills the process when the code does not end. It is started before the code runs, since a busy
 * loop leaves the main thread no moment to do so.
 */
export class Supervisor {
  readonly #slots = new RunSlots();
  readonly #watches = new Map<number, Watch>();
  readonly #graceMs: number;
  readonly #logExit: (code: number) => void;
  #thread: Worker;

  constructor(graceMs: number, logExit: (code: number) => void) {
    this.#graceMs = graceMs;
    this.#logExit = logExit;
    this.#thread = this.#start();
  }

  /** Watches a run from now on; `abort` is called when it is asked to stop. */
  watch(run: Omit<WatchedRun, keyof RunSlot>, abort: () => void): RunSlot {
    const slot = this.#slots.acquire();
    const watched = { ...run, ...slot };
    this.#watches.set(slot.slot, { run: watched, abort });
    this.#post({ kind: 'watch', run: watched });
    return slot;
  }

  /** The code has ended. False when the supervisor is about to kill the process: then nobody else writes the end. */
  tryFinish(run: RunSlot): boolean {
    return this.#slots.tryFinish(run);
  }

  /** The end of the run is written. */
  release(run: RunSlot): void {
    this.#slots.release(run);
    this.#watches.delete(run.slot);
    this.#post({ kind: 'ended', run });
  }

  #start(): Worker {
    const workerData: SupervisorData = { buffer: this.#slots.buffer, graceMs: this.#graceMs };
    const thread = new Worker(new URL('./supervisor.mjs', import.meta.url), { workerData });
    thread.unref();
    thread.on('message', ({ run }: FromSupervisor) => {
      const watch = this.#watches.get(run.slot);
      if (watch?.run.generation === run.generation) watch.abort();
    });
    // What made it exit is told by the exit itself.
    thread.on('error', () => undefined);
    thread.on('exit', (code) => this.#restart(code));
    return thread;
  }

  /** Without a supervisor, leases would end while their tasks run. */
  #restart(code: number): void {
    this.#logExit(code);
    this.#thread = this.#start();
    for (const { run } of this.#watches.values()) this.#post({ kind: 'watch', run });
  }

  #post(message: ToSupervisor): void {
    this.#thread.postMessage(message);
  }
}
