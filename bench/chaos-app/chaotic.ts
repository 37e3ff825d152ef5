import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { NonRetryableError, type TaskHandler } from '../../lambdas/worker/handler.ts';

interface ChaoticPayload {
  /** The task's id; of an invocation without a record nothing else tells it from others. */
  readonly id: string;
  readonly does: 'return' | 'wait' | 'spin';
  /** For how long the first attempt does it; the second for half of that, and so on. */
  readonly ms: number;
  /** The attempts that throw, after they have done the rest. */
  readonly failsOn: readonly number[];
  /** Whether a failure is one that is not to be repeated. */
  readonly isFinal: boolean;
  /** The file that every execution writes down in what it does. */
  readonly journal: string;
  /** Makes the payload so large that it is kept as an object; it is returned. */
  readonly padding: string;
}

const ALIVE_EVERY_MS = 50;

/** Does for a while what it is told, and writes a line to the journal when it starts, about every 50 ms, and at its end. */
export const handler: TaskHandler<ChaoticPayload> = async (payload, { task, attempt, signal }) => {
  const { id, does, ms, failsOn, isFinal, journal, padding } = payload;
  const execution = randomUUID();
  const note = (what: 'start' | 'alive' | 'end') => {
    appendFileSync(
      journal,
      `${id} ${task?.series ?? 1} ${attempt} ${process.pid} ${execution} ${what} ${Date.now()}\n`,
    );
  };
  note('start');
  if (does === 'wait') await wait(ms / attempt, signal, note);
  if (does === 'spin') spin(ms / attempt, note);
  if (failsOn.includes(attempt)) {
    const message = `attempt ${attempt} fails, as it was told`;
    throw isFinal ? new NonRetryableError(message) : new Error(message);
  }
  note('end');
  return { execution, padding };
};

async function wait(ms: number, signal: AbortSignal, note: (what: 'alive') => void): Promise<void> {
  for (const endTime = Date.now() + ms; Date.now() < endTime; ) {
    await pause(ALIVE_EVERY_MS, undefined, { signal });
    note('alive');
  }
}

function spin(ms: number, note: (what: 'alive') => void): void {
  for (const endTime = Date.now() + ms; Date.now() < endTime; ) {
    for (const nextTime = Date.now() + ALIVE_EVERY_MS; Date.now() < nextTime; );
    note('alive');
  }
}
