import { writeSync } from 'node:fs';

/** How long a line waits for a pipe that is full before it is dropped. */
const WAIT_MS = 200;

const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Writes a line to standard output at once, past the main thread, through which a thread's console goes: that one stands
 * still when there is something to say, and is killed right after. Never throws: a line that cannot be written must not keep
 * the supervisor from its other work.
 */
export function writeLineNow(line: string): void {
  const bytes = Buffer.from(line);
  const until = Date.now() + WAIT_MS;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || Date.now() > until) return;
      Atomics.wait(NEVER, 0, 0, 1);
    }
  }
}
