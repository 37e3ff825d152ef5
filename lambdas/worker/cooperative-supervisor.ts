import type { InvocationLog, InvocationRun } from '../tasks/end-invocation.ts';
import type { Delivery, EndLog } from '../tasks/end-run.ts';
import { type RunSlot, RunSlots } from './run-slots.ts';
import type { Supervision } from './supervision.ts';
import type { RunSupervisor, WatchedRun } from './supervisor-protocol.ts';

/** Most tasks are over by then, and cost nothing. */
const FIRST_LOOK_MS = 1000;

/**
 * Does on the main thread what can be done there: aborts the signal of a task that was stopped, and keeps leases alive.
 * It kills nothing, and code that does not yield keeps it from all of it.
 */
export class CooperativeSupervisor implements RunSupervisor {
  readonly #slots = new RunSlots();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #aborts = new Map<number, () => void>();
  readonly #log: EndLog & InvocationLog;
  #supervision: Promise<Supervision> | undefined;

  constructor(log: EndLog & InvocationLog) {
    this.#log = log;
  }

  expect<R extends Delivery | InvocationRun>(run: R): R & RunSlot {
    return { ...run, ...this.#slots.acquire() };
  }

  watch(run: WatchedRun, abort: () => void): void {
    // Nobody can stop one that has no record, and here nothing is killed.
    if ('invocation' in run) return;
    this.#aborts.set(run.slot, abort);
    this.#timers.set(
      run.slot,
      setTimeout(() => void this.#look(run), FIRST_LOOK_MS),
    );
  }

  tryFinish(run: RunSlot): boolean {
    return this.#slots.tryFinish(run);
  }

  release(run: RunSlot): void {
    this.#slots.release(run);
    clearTimeout(this.#timers.get(run.slot));
  }

  async #look(run: WatchedRun): Promise<void> {
    this.#supervision ??= import('./supervised-worker.ts').then(({ superviseWorker }) =>
      superviseWorker(
        {
          slots: this.#slots,
          graceMs: undefined,
          runs: () => [],
          abort: ({ slot }) => this.#aborts.get(slot)?.(),
        },
        this.#log,
      ),
    );
    await (await this.#supervision).watch(run);
  }
}
