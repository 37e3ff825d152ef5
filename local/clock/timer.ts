import { passedMs } from './process-clock.ts';

/** The most that setTimeout waits, 24.8 days; with more it fires at once. A task may take a year. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface Timer {
  cancel(): void;
}

/** What waits, by how it looks again whether its time has come. */
const waiting = new Set<() => void>();

/** Calls back after a time of any length, or when the clock was advanced by the rest of it. */
export function after(milliseconds: number, callback: () => void): Timer {
  return calledBack(milliseconds, callback, passedMs);
}

/** Calls back after a time of any length, whatever becomes of the clock: for what is given its time to do something. */
export function afterWorkTime(milliseconds: number, callback: () => void): Timer {
  return calledBack(milliseconds, callback, () => performance.now());
}

function calledBack(milliseconds: number, callback: () => void, passed: () => number): Timer {
  const end = passed() + milliseconds;
  let timeout: NodeJS.Timeout;
  const cancel = () => {
    waiting.delete(look);
    clearTimeout(timeout);
  };
  const look = () => {
    clearTimeout(timeout);
    const leftMs = end - passed();
    // Never from within `after`, or from the look at another's time.
    const isOver = leftMs <= MAX_TIMEOUT_MS;
    timeout = setTimeout(isOver ? fire : look, Math.min(Math.max(leftMs, 0), MAX_TIMEOUT_MS));
  };
  const fire = () => {
    cancel();
    callback();
  };
  waiting.add(look);
  look();
  return { cancel };
}

/** Waits for a time of any length, or until the signal is aborted. */
export async function pass(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = after(milliseconds, resolve);
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  timer.cancel();
  signal.removeEventListener('abort', onAbort);
}

/** After the clock was advanced: has everything whose time has come called back. */
export function lookAtTimers(): void {
  for (const look of [...waiting]) look();
}
