import { setImmediate } from 'node:timers/promises';

/** Lambda answers this much of an invocation's log (Invoke, LogType Tail). */
const TAIL_BYTES = 4096;

/** The end of what one invocation logs. */
export class LogTail {
  #bytes = Buffer.alloc(0);
  #lines = 0;

  add(line: string): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(`${line}\n`)]).subarray(-TAIL_BYTES);
    this.#lines += 1;
  }

  /** What was logged before the invocation's result came is in the pipes by then: reads until they yield nothing more. */
  async complete(): Promise<Buffer> {
    for (let seen = -1; seen !== this.#lines; ) {
      seen = this.#lines;
      await setImmediate();
      await setImmediate();
    }
    return this.#bytes;
  }
}
