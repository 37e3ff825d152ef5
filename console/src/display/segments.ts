import { type AsyncTask, type AsyncTaskEvent, isTerminal, statusGroupOf } from '../../../client/index.ts';

export type SegmentKind = 'wait' | 'run' | 'backOff' | 'stop';

/** A part of a task's life, from one event to the next. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly label: string;
  readonly begin: number;
  readonly end: number;
  /** How it ended: the status that came next; undefined while it lasts. */
  readonly next: AsyncTaskEvent['status'] | undefined;
}

/** Returns what a task does from an event with this status on; `undefined` if the series has ended. */
function kindOf(status: AsyncTaskEvent['status']): SegmentKind | undefined {
  if (status === 'Retrying') return 'backOff';
  if (status === 'Stopping') return 'stop';
  const group = statusGroupOf(status);
  if (group === 'waiting') return 'wait';
  return group === 'running' ? 'run' : undefined;
}

const LABELS: Record<SegmentKind, string> = {
  wait: 'Queue wait',
  run: 'Attempt',
  backOff: 'Back-off',
  stop: 'Stopping',
};

/** Cuts a task's life into what it waited, ran and paused for; what took no time is left out, but for attempts. */
export function segmentsOf({ events }: Pick<AsyncTask, 'events'>, now: number): readonly Segment[] {
  let attempts = 0;
  return events.flatMap((event, index): Segment[] => {
    const kind = kindOf(event.status);
    const next = events[index + 1];
    if (kind === undefined) return [];
    if (kind === 'run') attempts += 1;
    const end = next?.timestamp ?? Math.max(now, event.timestamp);
    if (kind !== 'run' && end - event.timestamp < 1) return [];
    const label = kind === 'run' ? `${LABELS.run} ${attempts}` : LABELS[kind];
    return [{ kind, label, begin: event.timestamp, end, next: next?.status }];
  });
}

/** How long a task waited before its code first ran; so far, while it waits. */
export function queueWaitOf({ events, startedTime, status }: AsyncTask, now: number): number | undefined {
  const first = events.find((event) => event.status === 'Running');
  if (first !== undefined) return Math.max(first.timestamp - startedTime, 0);
  return isTerminal(status) ? undefined : Math.max(now - startedTime, 0);
}

/** How long its last attempt took; so far, while it runs. */
export function durationOf({ durationMs, events, status }: AsyncTask, now: number): number | undefined {
  if (durationMs !== undefined) return durationMs;
  const run = events.findLast((event) => event.status === 'Running');
  return statusGroupOf(status) === 'running' && run !== undefined
    ? Math.max(now - run.timestamp, 0)
    : undefined;
}

/** Round steps of a time axis, so that it has four to eight. */
export function ticksOf(spanMs: number): readonly number[] {
  const rough = Math.max(spanMs, 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const decimal = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
  const clock = [60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800].map(
    (seconds) => seconds * 1000,
  );
  const step = rough < 30_000 ? decimal : (clock.find((candidate) => candidate >= rough) ?? decimal);
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}
