import type { InvocationRun } from '../tasks/end-invocation.ts';
import type { Delivery } from '../tasks/end-run.ts';
import type { RunSlot } from './run-slots.ts';

/** A run of a task. */
export interface TaskRun extends RunSlot, Delivery {}

/** A run of an invocation that has no record. */
export interface UnrecordedRun extends RunSlot, InvocationRun {}

/** A run that is about to start: its row may say so before the main thread comes to know of it. */
export type ExpectedRun = TaskRun | UnrecordedRun;

interface Watched {
  readonly startTime: number;
  /** When it is killed if it has not ended: after its time-out and the grace, by `steadyTime`. */
  readonly killTime: number;
  /** When Lambda ends its invocation, by `steadyTime`. */
  readonly endTime: number;
}

/** A run whose code runs. */
export type WatchedRun = ExpectedRun & Watched;
export type WatchedTaskRun = TaskRun & Watched;

export interface SupervisorData {
  /** The words of the slots, shared by both threads. */
  readonly buffer: SharedArrayBuffer;
  readonly graceMs: number;
}

export type ToSupervisor =
  | { readonly kind: 'expect'; readonly run: ExpectedRun }
  | { readonly kind: 'watch'; readonly run: WatchedRun }
  | { readonly kind: 'ended'; readonly run: RunSlot };

/** The task of this run must stop: its signal is aborted. */
export interface FromSupervisor {
  readonly kind: 'abort';
  readonly run: RunSlot;
}

/** What watches over the runs of a worker. */
export interface RunSupervisor {
  /** Takes a slot for a run that is about to start. */
  expect<R extends Delivery | InvocationRun>(run: R): R & RunSlot;
  /** Watches a run from now on; `abort` is called when it is asked to stop. */
  watch(run: WatchedRun, abort: () => void): void;
  /** The code has ended. False when the process is about to be killed: then nobody else writes the end. */
  tryFinish(run: RunSlot): boolean;
  /** The run is over: its end is written, or it never started. */
  release(run: RunSlot): void;
}
