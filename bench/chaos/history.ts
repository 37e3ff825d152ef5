import { isTerminal } from '../../lambdas/domain/lifecycle.ts';
import { handBackDetailOf } from '../../lambdas/domain/task.ts';
import type { TaskEventView } from './chaos-client.ts';

/** One step of a history in which every run has events of its own. */
export interface Step extends TaskEventView {
  /** Whether the run before it was handed back: its attempt does not count. */
  readonly isHandBack: boolean;
}

/**
 * Unfolds the events that stand for several runs which were handed back in a row. Each of these runs was started, from
 * Enqueued by way of Processed, and led to the status of the event. Ids are given anew; a gap where events were dropped stays.
 */
export function stepsOf(events: readonly TaskEventView[]): Step[] {
  let added = 0;
  return events.flatMap((event) => {
    const unfolded = unfoldedFrom(event);
    const firstId = event.eventId + added;
    added += unfolded.length - 1;
    return unfolded.map((step, index) => ({ ...step, eventId: firstId + index }));
  });
}

function unfoldedFrom(event: TaskEventView): Step[] {
  const detail = handBackDetailOf(event);
  if (!detail) return [{ ...event, isHandBack: false }];
  const { status, timestamp, eventId } = event;
  const steps = status === 'Enqueued' ? (['Processed', 'Running'] as const) : (['Running'] as const);
  return Array.from({ length: detail.handBacks }, (_, index) => {
    const isLast = index === detail.handBacks - 1;
    // Of the runs before the last one no times are kept.
    const common = { eventId, timestamp: isLast ? timestamp : detail.firstTime };
    return [
      ...steps.map((step) => ({ ...common, status: step, isHandBack: false })),
      { ...common, status, isHandBack: true },
    ];
  }).flat();
}

/** The steps from a submit or a redrive to the next. */
export type Series = readonly Step[];

export function seriesOf(events: readonly TaskEventView[]): Series[] {
  const all: Step[][] = [];
  for (const step of stepsOf(events)) {
    const last = all.at(-1);
    const isNew = last === undefined || isTerminal(last.at(-1)?.status ?? 'Enqueued');
    if (isNew) all.push([step]);
    else last.push(step);
  }
  return all;
}

export function handBacksIn(series: Series): number {
  return series.filter(({ isHandBack }) => isHandBack).length;
}

/** How many runs of a series count as attempts. */
export function countedAttempts(series: Series): number {
  return series.filter(({ status }) => status === 'Running').length - handBacksIn(series);
}
