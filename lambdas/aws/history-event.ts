import type { HistoryEvent as WireEvent } from '@aws-sdk/client-sfn';
import type { HistoryEvent } from '../domain/execution-steps.ts';

/** What the details of any kind of event may have. */
interface Details {
  readonly name?: string | undefined;
  readonly index?: number | undefined;
  readonly parameters?: string | undefined;
  readonly input?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** Reads an event of a history: each type has its details in a field of its own, and at most one of these is there. */
export function toHistoryEvent(event: WireEvent): HistoryEvent {
  const [, details = {}] = (Object.entries(event).find(
    ([field, value]) => field.endsWith('EventDetails') && value !== undefined,
  ) ?? []) as [string?, Details?];
  const { name, index, error, cause } = details;
  return {
    id: event.id ?? 0,
    previousId: event.previousEventId ?? 0,
    type: event.type ?? '',
    time: event.timestamp?.getTime() ?? 0,
    name,
    index,
    // Of a function that is called by its ARN the history has the input, of any other call the parameters.
    request: event.type?.endsWith('Scheduled') ? (details.parameters ?? details.input) : undefined,
    error,
    cause,
  };
}
