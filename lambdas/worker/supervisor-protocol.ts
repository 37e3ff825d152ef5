import type { WakeUp } from '../tasks/end-run.ts';
import type { RunSlot } from './run-slots.ts';

/** A run that the supervisor watches. */
export interface WatchedRun extends RunSlot, WakeUp {
  readonly runId: string;
  readonly startTime: number;
  /** When it is killed if it has not ended: after its time-out and the grace. */
  readonly killTime: number;
}

export interface SupervisorData {
  /** The words of the slots, shared by both threads. */
  readonly buffer: SharedArrayBuffer;
  readonly graceMs: number;
}

export type ToSupervisor =
  | { readonly kind: 'watch'; readonly run: WatchedRun }
  | { readonly kind: 'ended'; readonly run: RunSlot };

/** The task of this run must stop: its signal is to abort. */
export interface FromSupervisor {
  readonly kind: 'abort';
  readonly run: RunSlot;
}
