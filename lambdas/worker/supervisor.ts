import { Worker } from 'node:worker_threads';
import type { InvocationRun } from '../tasks/end-invocation.ts';
import type { Delivery } from '../tasks/end-run.ts';
import { type RunSlot, RunSlots } from './run-slots.ts';
import type {
  FromSupervisor,
  RunSupervisor,
  SupervisorData,
  ToSupervisor,
  WatchedRun,
} from './supervisor-protocol.ts';

/** A thread that dies at once must not be started again in a loop. */
const RESTART_PAUSE_MS = 1000;

/** What the thread was told of a slot last, and what to do when it says that the run must stop. */
interface Told {
  readonly message: ToSupervisor;
  readonly abort: () => void;
}

/**
 * The main thread's side of the supervisor: a thread beside the user's code that asks whether a task was stopped, keeps
 * its lease alive, and kills the process when the code does not end. It is started before the code runs, since a busy
 * loop leaves the main thread no moment to do so.
 */
export class Supervisor implements RunSupervisor {
  readonly #slots = new RunSlots();
  readonly #told = new Map<number, Told>();
  readonly #graceMs: number;
  readonly #logExit: (code: number) => void;
  #thread: Worker;

  constructor(graceMs: number, logExit: (code: number) => void) {
    this.#graceMs = graceMs;
    this.#logExit = logExit;
    this.#thread = this.#start();
  }

  expect<R extends Delivery | InvocationRun>(run: R): R & RunSlot {
    const expected = { ...run, ...this.#slots.acquire() };
    this.#tell({ kind: 'expect', run: expected });
    return expected;
  }

  watch(run: WatchedRun, abort: () => void): void {
    this.#tell({ kind: 'watch', run }, abort);
  }

  tryFinish(run: RunSlot): boolean {
    return this.#slots.tryFinish(run);
  }

  release(run: RunSlot): void {
    this.#slots.release(run);
    this.#told.delete(run.slot);
    this.#thread.postMessage({ kind: 'ended', run } satisfies ToSupervisor);
  }

  #tell(message: ToSupervisor, abort: () => void = () => undefined): void {
    this.#told.set(message.run.slot, { message, abort });
    this.#thread.postMessage(message);
  }

  #start(): Worker {
    const workerData: SupervisorData = { buffer: this.#slots.buffer, graceMs: this.#graceMs };
    const thread = new Worker(new URL('./supervisor.mjs', import.meta.url), { workerData });
    thread.unref();
    thread.on('message', ({ run }: FromSupervisor) => {
      const told = this.#told.get(run.slot);
      if (told?.message.run.generation === run.generation) told.abort();
    });
    // What made it exit is told by the exit itself.
    thread.on('error', () => undefined);
    thread.on('exit', (code) => this.#restart(code));
    return thread;
  }

  /** Without a supervisor, leases would end while their tasks run. One that died while it killed has left that to us. */
  #restart(code: number): void {
    this.#logExit(code);
    if (this.#slots.isKilling()) process.kill(process.pid, 'SIGKILL');
    setTimeout(() => {
      this.#thread = this.#start();
      for (const { message } of this.#told.values()) this.#thread.postMessage(message);
    }, RESTART_PAUSE_MS);
  }
}
