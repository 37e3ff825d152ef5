import { setTimeout as pause } from 'node:timers/promises';
import type { TaskHandler } from '../lambdas/worker/handler.ts';

interface WaitPayload {
  /** How long to wait. */
  readonly seconds?: number;
}

/** Waits, and ends early when it is asked to. Returns how long it waited. */
export const handler: TaskHandler<WaitPayload> = async ({ seconds }, { signal }) => {
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw new RangeError(`seconds must be a number from 0, got ${JSON.stringify(seconds)}`);
  }
  const startTime = Date.now();
  console.log(`waits for ${seconds} s`);
  await pause(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { waitedSeconds: (Date.now() - startTime) / 1000 };
};
