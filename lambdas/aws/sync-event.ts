import { decodedText, type EncodedText, encodedText } from '../domain/encoded-text.ts';
import type { SyncInvocation, SyncOutcome, SyncRun } from '../domain/sync-invocation.ts';
import type { Trace } from '../domain/trace.ts';

/** The event by which the API has a worker run a function at once: no event source sends one with this field. */
interface SyncEvent {
  readonly taskModeSyncInvocation: {
    readonly requestId: string;
    readonly payload: EncodedText;
    readonly trace?: Trace | undefined;
  };
}

/** What the worker answers, as JSON. */
export interface SyncAnswer extends Omit<SyncRun, 'outcome'> {
  readonly outcome: EncodedOutcome;
}

type EncodedOutcome =
  | Exclude<SyncOutcome, { kind: 'succeeded' }>
  | { readonly kind: 'succeeded'; readonly result: EncodedText };

export function toSyncEvent({ requestId, payloadText, trace }: SyncInvocation): string {
  const event: SyncEvent = {
    taskModeSyncInvocation: { requestId, payload: encodedText(payloadText), trace },
  };
  return JSON.stringify(event);
}

/** Reads the API's event; undefined when it is another one. */
export function parseSyncEvent(event: unknown): SyncInvocation | undefined {
  if (typeof event !== 'object' || event === null || !('taskModeSyncInvocation' in event)) return undefined;
  const { requestId, payload, trace } = (event as SyncEvent).taskModeSyncInvocation;
  return { requestId, payloadText: decodedText(payload), trace };
}

export function toSyncAnswer({ outcome, ...run }: SyncRun): SyncAnswer {
  return {
    ...run,
    outcome:
      outcome.kind === 'succeeded' ? { kind: 'succeeded', result: encodedText(outcome.resultText) } : outcome,
  };
}

export function fromSyncAnswer({ outcome, ...run }: SyncAnswer): SyncRun {
  return {
    ...run,
    outcome:
      outcome.kind === 'succeeded' ? { kind: 'succeeded', resultText: decodedText(outcome.result) } : outcome,
  };
}
