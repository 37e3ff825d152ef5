import type { ExpectedRun } from './supervisor-protocol.ts';

/** How long after a kill the code runs again that could not be paused: by then nothing of the process is left. */
export const AFTER_KILL_MS = 3000;

/** What is known of a run that is cut off by a kill of its process. */
export interface CutOff {
  /** Its own code must end; false for its neighbours. */
  readonly isKilled: boolean;
  /** Which run is killed. */
  readonly killedBeside: string;
  /** The supervisor has taken its end for itself: the main thread neither writes nor sends anything of it any more. */
  readonly isTaken: boolean;
  /** The code stands still. */
  readonly isPaused: boolean;
}

/** Sees to runs of one kind on behalf of the supervision, which knows of slots and time only. */
export interface RunKeeper<R extends ExpectedRun> {
  /** Asks whether a run must end before its time; on a heartbeat says that it lives. */
  mustEnd(run: R, isHeartbeat: boolean): Promise<boolean>;
  /** Writes or sends how a run ends whose process is about to. */
  settle(run: R, cutOff: CutOff): Promise<void>;
}
