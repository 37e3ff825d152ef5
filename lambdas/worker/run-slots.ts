/** What a slot's word says, in its two lowest bits; above them stands the generation: which run it is about. */
const STATE = { free: 0, running: 1, finishing: 2, killing: 3 } as const;

const STATE_BITS = 2;

/** One run in one slot. A slot is used again, a generation never. */
export interface RunSlot {
  readonly slot: number;
  readonly generation: number;
}

/** As many as an instance runs tasks at once (INSTANCE_CONCURRENCY_RANGE). */
const SLOTS = 10;

/**
 * Who may end a run: the main thread, which does when the code has ended, or the supervisor, which does when the code
 * must be killed. One atomic word per run decides, so they never both do: the one whose compare-exchange fails stands down.
 */
export class RunSlots {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  #generation = 0;

  constructor(buffer = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** Takes a free slot for a run. Only the main thread does. */
  acquire(): RunSlot {
    const slot = this.#words.findIndex((word) => (word & STATE.killing) === STATE.free);
    if (slot < 0) throw new Error(`no instance runs more than ${SLOTS} tasks at once`);
    this.#generation += 1;
    const run = { slot, generation: this.#generation };
    Atomics.store(this.#words, slot, word(run, STATE.running));
    return run;
  }

  /** The main thread takes the end of the run for itself; false when the supervisor has it. */
  tryFinish(run: RunSlot): boolean {
    return this.#exchange(run, STATE.running, STATE.finishing);
  }

  /** The supervisor takes the end of the run for itself; false when the main thread has it. */
  tryKill(run: RunSlot): boolean {
    return this.#exchange(run, STATE.running, STATE.killing);
  }

  /** The run is over: its end is written, or it never started. */
  release(run: RunSlot): void {
    if (!this.#exchange(run, STATE.finishing, STATE.free)) this.#exchange(run, STATE.running, STATE.free);
  }

  /** Whether the run is not over: its code runs, or its end is being written. */
  isCurrent(run: RunSlot): boolean {
    const current = Atomics.load(this.#words, run.slot);
    return current === word(run, STATE.running) || current === word(run, STATE.finishing);
  }

  /** Whether the run's code runs. */
  isRunning(run: RunSlot): boolean {
    return Atomics.load(this.#words, run.slot) === word(run, STATE.running);
  }

  /** Whether the supervisor has begun to end the process. */
  isKilling(): boolean {
    return this.#words.some((_, slot) => (Atomics.load(this.#words, slot) & STATE.killing) === STATE.killing);
  }

  #exchange(run: RunSlot, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, run.slot, word(run, from), word(run, to)) === word(run, from);
  }
}

function word({ generation }: RunSlot, state: number): number {
  return (generation << STATE_BITS) | state;
}
