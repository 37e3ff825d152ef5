import { HAND_BACK_CAUSE_MAX_BYTES } from './limits.ts';
import type { SubmittedFields } from './task.ts';
import { truncated } from './text.ts';

/**
 * How long a task waits that could not run: a quarter of the time since it could not for the first time in a row. So a
 * target that throttles is asked often enough to be used fully (a backlog is drained in 1.24 times the ideal time), and a
 * target that is gone for a day costs each task some 160 tries.
 */
const WAIT = { share: 1 / 4, minMs: 5000, maxMs: 15 * 60_000 } as const;

/** A task is tried for at least this long, however short its event age: the first hiccup of AWS must not fail it. */
const MIN_PERIOD_MS = 15 * 60_000;

/** A task or an invocation that could not run. */
export interface HandedBack extends Pick<SubmittedFields, 'startDeadline' | 'config' | 'waiter'> {
  readonly handBacks?: number | undefined;
  readonly handedBackTime?: number | undefined;
}

export interface NextTry {
  readonly waitMs: number;
  /** What its row or its message says from then on. */
  readonly fields: {
    readonly handBacks: number;
    readonly handedBackTime: number;
    readonly startDeadline: number;
  };
}

/**
 * Returns when a task that could not run is tried again, or undefined if it has been tried for longer than its event age:
 * then it fails. It does not expire before that, for it was started in time.
 * @param random - from 0 to below 1
 */
export function nextTry(task: HandedBack, now: number, random: number): NextTry | undefined {
  const { handBacks = 0, handedBackTime = now, startDeadline, config, waiter } = task;
  const periodMs = Math.max(config.maxAsyncEventAgeInSeconds * 1000, MIN_PERIOD_MS);
  if (now - handedBackTime > periodMs) return undefined;
  const ceilingMs = Math.min(Math.max((now - handedBackTime) * WAIT.share, WAIT.minMs), WAIT.maxMs);
  const heartbeatMs = (waiter?.heartbeatSeconds ?? Number.POSITIVE_INFINITY) * 500;
  return {
    waitMs: Math.round(Math.min(ceilingMs, heartbeatMs) * (0.5 + random / 2)),
    fields: {
      handBacks: handBacks + 1,
      handedBackTime,
      startDeadline: Math.max(startDeadline, handedBackTime + periodMs + WAIT.maxMs),
    },
  };
}

/** What is written with a counted attempt: the next hand-back is the first one in a row again. */
export const TRIED = { handBacks: undefined, handedBackTime: undefined } as const;

/** Describes why a task could not run, for its history. Of an error it is the name: callers read it, and AWS's messages name resources. */
export function describeCause(reason: unknown): string {
  const cause = reason instanceof Error && reason.cause instanceof Error ? reason.cause : reason;
  return truncated(cause instanceof Error ? cause.name : String(cause), HAND_BACK_CAUSE_MAX_BYTES);
}
