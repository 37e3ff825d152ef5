import type { TaskFailure } from './failure.ts';
import type { StoredText, TaskConfig } from './task.ts';
import type { Trace } from './trace.ts';

/**
 * An asynchronous invocation with task mode off: no task, and no record. Its message carries all that is to be known of
 * it, and each attempt that is to follow another has a message of its own.
 */
export interface Invocation {
  readonly functionName: string;
  /** The same in all its messages. */
  readonly invocationId: string;
  readonly requestId: string;
  readonly tenant: string;
  readonly trace?: Trace;
  readonly submitTime: number;
  readonly dueTime: number;
  /** An invocation that no attempt was made of by this instant expires. */
  readonly startDeadline: number;
  /** How many attempts were made before this message. */
  readonly attempt: number;
  /** How often in a row it was handed back because it could not run, and when that happened first. */
  readonly handBacks?: number | undefined;
  readonly handedBackTime?: number | undefined;
  readonly payload: StoredText;
  readonly config: TaskConfig;
}

/** Tells whether an invocation may no longer start. One that is between attempts never expires. */
export function isInvocationOverdue({ attempt, startDeadline }: Invocation, now: number): boolean {
  return attempt === 0 && now > startDeadline;
}

/** How an invocation ended, after so many attempts. */
export type InvocationEnd = { readonly attempt: number; readonly now: number } & (
  | { readonly status: 'Expired' }
  | { readonly status: 'Failed'; readonly error: TaskFailure }
  | { readonly status: 'Succeeded'; readonly resultText: string }
);
