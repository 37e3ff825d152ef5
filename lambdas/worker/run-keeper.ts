import type { ExpectedRun } from './supervisor-protocol.ts';

/** Delay before retrying a run that could not be paused before the kill; by then the old process is gone. */
export const AFTER_KILL_MS = 3000;

/** What is known of a run that is cut off by a kill of its process. */
export interface CutOff {
  /** Whether its own code must end; false for its neighbours. */
  readonly isKilled: boolean;
  /** The task or invocation whose code is killed. */
  readonly killedBeside: string;
  /** Whether the supervisor ends it: the main thread neither writes nor sends anything for it any more. */
  readonly isTaken: boolean;
  /** Whether the code stands still. */
  readonly isPaused: boolean;
}

/** What a look at a run has found: `unknown` if AWS gave no answer. */
export type Look = 'mustEnd' | 'goesOn' | 'unknown';

/** Handles runs of one kind on behalf of the supervision, which knows slots and time only. */
export interface RunKeeper<R extends ExpectedRun> {
  /** Looks whether a run must end before its time; on a pulse also reports that it is alive. Never rejects. */
  look(run: R, isPulse: boolean): Promise<Look>;
  /** Writes or sends how a run ends whose process is about to end, and then deletes its message. */
  settle(run: R, cutOff: CutOff): Promise<void>;
}
