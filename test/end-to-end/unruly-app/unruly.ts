import { pbkdf2Sync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskHandler } from '../../../lambdas/worker/handler.ts';

interface UnrulyPayload {
  /** What it does for `seconds`, at least on its first `attempts`. */
  readonly does?: 'spin' | 'block' | 'ignore' | 'heed' | 'exit' | 'exhaust';
  readonly seconds?: number;
  readonly attempts?: number;
}

/** Misbehaves as it is told. Returns the attempt and the process that it ended on. */
export const handler: TaskHandler<UnrulyPayload> = async (payload, { task, signal }) => {
  const { does = 'heed', seconds = 0, attempts = 1 } = payload;
  if (task.attempt <= attempts) await DEEDS[does](seconds * 1000, signal);
  return { attempt: task.attempt, pid: process.pid };
};

const DEEDS: Record<NonNullable<UnrulyPayload['does']>, (ms: number, signal: AbortSignal) => unknown> = {
  spin: (ms) => {
    const endTime = Date.now() + ms;
    while (Date.now() < endTime);
  },
  /** Works inside native code, for an hour or more, where there is no JavaScript to pause. */
  block: () => pbkdf2Sync('password', 'salt', 2 ** 31 - 1, 64, 'sha512'),
  ignore: (ms) => pause(ms),
  heed: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
  exit: () => process.exit(7),
  exhaust: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 1_000_000 }, () => Math.random()));
  },
};
