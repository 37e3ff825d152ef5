import { pbkdf2Sync } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskHandler } from '../../../lambdas/worker/handler.ts';

interface UnrulyPayload {
  /** What it does for `seconds`, at least on its first `attempts`. */
  readonly does?: 'spin' | 'block' | 'hang' | 'ignore' | 'heed' | 'exit' | 'exhaust';
  readonly seconds?: number;
  readonly attempts?: number;
  /** The file that it writes down in what it does. */
  readonly journal?: string;
}

/** Misbehaves as it is told. Returns the attempt and the process that it ended on. */
export const handler: TaskHandler<UnrulyPayload> = async (payload, context) => {
  const { task, attempt, signal, traceparent, tracestate } = context;
  const { does = 'heed', seconds = 0, attempts = 1, journal } = payload;
  const note = (what: string) => {
    console.log(`${task?.taskId} ${what}`);
    if (journal) appendFileSync(journal, `${task?.taskId} ${process.pid} ${what} ${Date.now()}\n`);
  };
  note('begins');
  if (attempt <= attempts) await DEEDS[does](seconds * 1000, signal, note);
  note('ends');
  return { attempt, pid: process.pid, ...(traceparent !== undefined && { traceparent, tracestate }) };
};

type Deed = (ms: number, signal: AbortSignal, note: (what: string) => void) => unknown;

const DEEDS: Record<NonNullable<UnrulyPayload['does']>, Deed> = {
  /** Leaves its neighbours a moment to begin. */
  spin: async (ms) => {
    await pause(300);
    const endTime = Date.now() + ms;
    while (Date.now() < endTime);
  },
  /** From then on works inside native code, for an hour or more, where there is no JavaScript to pause. */
  block: async (ms, _, note) => {
    await pause(ms);
    note('blocks');
    pbkdf2Sync('password', 'salt', 2 ** 31 - 1, 64, 'sha512');
  },
  /** Keeps the event loop without burning CPU, as a parser or a codec keeps it. */
  hang: (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  ignore: (ms) => pause(ms),
  heed: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  exit: () => process.exit(7),
  exhaust: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 1_000_000 }, () => Math.random()));
  },
};
