import type { Context } from 'aws-lambda';
import { FINAL } from '../domain/failure.ts';

/** What the code of a task may know about it. */
export interface TaskInfo {
  readonly taskId: string;
  readonly functionName: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** 1 from the submit on, one more with each redrive. */
  readonly series: number;
  /** The id of the request that submitted the task. */
  readonly requestId: string;
  /** When it was submitted, in epoch milliseconds. */
  readonly submitTime: number;
  /**
   * By which the code answers the state of a workflow that waits for its callback (`TaskInvoke` with
   * `waitFor: 'callback'`): the task token of `SendTaskSuccess`, `SendTaskFailure` and `SendTaskHeartbeat`.
   */
  readonly callbackToken?: string;
}

/** The context that Lambda gives, and what the function is invoked for. */
export interface TaskContext extends Context {
  /** The task. Absent where there is none: in a synchronous invocation, and with task mode off. */
  readonly task?: TaskInfo;
  /** The id of the request that submitted the task, or invoked the function: the same at each attempt. */
  readonly requestId: string;
  /** 1 for the first attempt. A synchronous invocation has no other. */
  readonly attempt: number;
  /**
   * The W3C Trace Context of the request that submitted the task, or invoked the function: the parent of the spans that the
   * code makes, and what it sends on. Absent where that request had none.
   */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /**
   * Aborts when the code must end: the task was asked to stop (its reason is an `AbortError`), or its time-out has come
   * (a `TimeoutError`). Code that has not ended after the grace period is killed. One for each attempt, never used again.
   */
  readonly signal: AbortSignal;
}

/**
 * A task function: an ordinary Lambda handler, exported as `handler`. It gets the payload as submitted (`{}` when
 * there was none) and returns the result, as JSON at most 1 MiB. What it throws fails the attempt.
 */
export type TaskHandler<TPayload = unknown, TResult = unknown> = (
  payload: TPayload,
  context: TaskContext,
) => TResult | Promise<TResult>;

/** Thrown by a task's code, it fails the task at once, whatever attempts are left. */
export class NonRetryableError extends Error {
  override name = 'NonRetryableError';
  readonly [FINAL] = true;
}
