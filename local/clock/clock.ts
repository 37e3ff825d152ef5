import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { OFFSET_BYTES } from './date-offset.ts';
import { holdProcessClock, machineTime, moveProcessClock } from './process-clock.ts';

/**
 * The clock of a runtime: the machine's, or ahead of it. How far is kept in a file, from which every process of an
 * execution environment reads it: what a data directory holds was written by this clock, also by an earlier runtime.
 */
export class Clock {
  readonly file: string;
  readonly #descriptor: number;
  readonly #release = holdProcessClock();
  #advancedMs: number;

  private constructor(file: string, descriptor: number, advancedMs: number) {
    this.file = file;
    this.#descriptor = descriptor;
    this.#advancedMs = advancedMs;
    moveProcessClock(advancedMs);
  }

  static open(file: string): Clock {
    const isNew = !existsSync(file);
    const descriptor = openSync(file, isNew ? 'w+' : 'r+');
    const bytes = new DataView(new ArrayBuffer(OFFSET_BYTES));
    if (isNew) writeSync(descriptor, bytes, 0, OFFSET_BYTES, 0);
    else readSync(descriptor, bytes, 0, OFFSET_BYTES, 0);
    return new Clock(file, descriptor, bytes.getFloat64(0, true));
  }

  get time(): number {
    return machineTime() + this.#advancedMs;
  }

  get advancedMs(): number {
    return this.#advancedMs;
  }

  /** Has it be so much later, at once; in other processes a few milliseconds later. What waits is to be looked at then. */
  advance(byMs: number): void {
    const bytes = new DataView(new ArrayBuffer(OFFSET_BYTES));
    bytes.setFloat64(0, this.#advancedMs + byMs, true);
    writeSync(this.#descriptor, bytes, 0, OFFSET_BYTES, 0);
    this.#advancedMs += byMs;
    moveProcessClock(byMs);
  }

  close(): void {
    moveProcessClock(-this.#advancedMs);
    this.#release();
    closeSync(this.#descriptor);
  }
}
