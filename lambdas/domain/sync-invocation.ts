import type { TaskFailure } from './failure.ts';
import type { Trace } from './trace.ts';

/** A call of a function whose caller waits for the result. It is no task, and leaves no record. */
export interface SyncInvocation {
  readonly requestId: string;
  /** JSON text. */
  readonly payloadText: string;
  readonly trace?: Trace | undefined;
}

/** What became of it: a result, a failure of the function, or nothing, where the function could not be run now. */
export type SyncOutcome =
  | { readonly kind: 'succeeded'; readonly resultText: string }
  | { readonly kind: 'failed'; readonly failure: TaskFailure }
  | { readonly kind: 'notRun'; readonly isThrottled: boolean };

/** How its run went, as far as that is known: of an instance that died only the outcome and the time are. */
export interface SyncRun {
  readonly outcome: SyncOutcome;
  readonly durationMs: number;
  /** The most that the instance has taken in its life so far, as Lambda's own reports have it. */
  readonly maxMemoryMegabytes?: number;
  readonly instanceId?: string;
}
