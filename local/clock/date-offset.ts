// Must import nothing but node:* (and types): execution environments load a type-stripped copy of this one file.
import { openSync, readSync } from 'node:fs';

/** How often a process looks how far the clock was advanced, at the most: reading the file takes 2 µs. */
const LOOK_MS = 5;

/** The offset of the clock, in milliseconds, as the file has it: one little-endian double. */
export const OFFSET_BYTES = 8;

/** Has Date tell a time that is so many milliseconds later, until what is returned is called. Timers are as they were. */
export function offsetDate(offsetMs: () => number): () => void {
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => realNow() + offsetMs();
  // A proxy and not a class of its own: what Node makes of files' times is a Date as well.
  const Offset = new Proxy(RealDate, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
  });
  const put = (date: DateConstructor, clock: () => number) => {
    RealDate.now = clock;
    RealDate.prototype.constructor = date;
    globalThis.Date = date;
  };
  put(Offset, now);
  return () => put(RealDate, realNow);
}

/** Has Date follow a file of which somebody else changes the offset; in any thread, however busy it is. */
function followFile(path: string): void {
  const file = openSync(path, 'r');
  const bytes = new Uint8Array(OFFSET_BYTES);
  const offset = new DataView(bytes.buffer);
  let lookedMs = Number.NEGATIVE_INFINITY;
  offsetDate(() => {
    const nowMs = performance.now();
    if (nowMs - lookedMs > LOOK_MS) {
      lookedMs = nowMs;
      readSync(file, bytes, 0, OFFSET_BYTES, 0);
    }
    return offset.getFloat64(0, true);
  });
}

/** `--import` gives it the file; threads and processes that the code starts load it as well. */
const followed = new URL(import.meta.url).searchParams.get('follow');
if (followed !== null) followFile(followed);
