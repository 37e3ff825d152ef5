import { abortOf } from './workflow-error.ts';

/** The most that setTimeout waits, 24.8 days; with more it fires at once. A task may take a year. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface Timer {
  cancel(): void;
}

/** Calls back after a time of any length. */
export function after(milliseconds: number, callback: () => void): Timer {
  const endMs = performance.now() + milliseconds;
  let timeout: NodeJS.Timeout;
  const wait = () => {
    const leftMs = endMs - performance.now();
    timeout = setTimeout(
      leftMs > MAX_TIMEOUT_MS ? wait : callback,
      Math.min(Math.max(leftMs, 0), MAX_TIMEOUT_MS),
    );
  };
  wait();
  return { cancel: () => clearTimeout(timeout) };
}

/** Waits for a time of any length; rejects when the signal is aborted. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    throw abortOf(signal);
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = after(milliseconds, resolve);
  const onAbort = () => reject(abortOf(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
