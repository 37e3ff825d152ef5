/**
 * Milliseconds that pass steadily, the same in all threads of a process: for what must end in time. `Date` is set now and then,
 * by a service that keeps the machine's clock right, and code that runs must not be killed for it.
 */
export function steadyTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
