import { after } from '../../clock/timer.ts';
import { abortOf } from './workflow-error.ts';

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
