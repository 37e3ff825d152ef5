import type { Task } from './task.ts';

/**
 * How a run that was asked to stop came to its end: `cooperative`, its code ended by itself; `killed`, the supervisor
 * ended the process; `died`, the process had ended for another reason before either could; `fenced`, an existing
 * function was no longer waited for, and what it does or answers from then on counts no more.
 */
export type StopEnd = 'cooperative' | 'killed' | 'died' | 'fenced';

/** The JSON text that the event Stopped carries: how the run ended, and how long after the stop was asked for. */
export function stopDetail({ events }: Pick<Task, 'events'>, endedBy: StopEnd, now: number): string {
  const askedTime = events.findLast(({ status }) => status === 'Stopping')?.timestamp ?? now;
  return JSON.stringify({ endedBy, tookMs: Math.max(now - askedTime, 0) });
}

/** Why a task was asked to stop that nobody else has stopped, as JSON text. */
export const NO_LONGER_AWAITED = JSON.stringify({
  reason: 'the state of a workflow that waited for it does no more',
});
