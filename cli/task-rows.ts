import type { AsyncTask, TaskStatus } from '../client/index.ts';
import type { Paint } from './screen.ts';
import { STATUS_STYLE } from './status-style.ts';
import { type Column, tableLines } from './table.ts';
import { attemptsOf, errorLine, ranMs, waitedMs } from './task-times.ts';
import { agoText, durationText } from './times.ts';

export interface RowOptions {
  readonly width: number;
  readonly paint: Paint;
  readonly nowMs: number;
  /** How instants are written: so long ago for people, and as they are where a program may read. */
  readonly times: 'ago' | 'iso';
}

/** Lays tasks out as a table, one line each. */
export function taskLines(tasks: readonly AsyncTask[], { nowMs, times, ...layout }: RowOptions): string[] {
  const columns: Column<AsyncTask>[] = [
    { title: 'TASK', text: ({ taskId }) => taskId, minColumns: 12 },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLE[status] },
    {
      title: 'SUBMITTED',
      text: ({ startedTime }) =>
        times === 'iso' ? new Date(startedTime).toISOString() : agoText(nowMs - startedTime),
    },
    { title: 'WAITED', text: (task) => durationText(waitedMs(task, nowMs)), align: 'right' },
    { title: 'RAN', text: (task) => ranText(task, nowMs), align: 'right' },
    { title: 'TRIES', text: (task) => String(attemptsOf(task) || ''), align: 'right' },
    {
      title: 'ERROR',
      text: shortError,
      style: () => 'red',
      minColumns: 8,
    },
  ];
  return tableLines(columns, tasks, layout);
}

/** What every thrown error is called is not worth its columns. */
function shortError(task: AsyncTask): string {
  return errorLine(task).replace(/^HandledInvocationError: (Error: )?/, '');
}

function ranText(task: AsyncTask, nowMs: number): string {
  const ms = ranMs(task, nowMs);
  return ms === undefined ? '' : durationText(ms);
}

/** Says how many tasks have each status. */
export function countsText(tasks: readonly Pick<AsyncTask, 'status'>[], paint: Paint): string {
  const counts: Partial<Record<TaskStatus, number>> = {};
  for (const { status } of tasks) counts[status] = (counts[status] ?? 0) + 1;
  return countedText(counts, paint);
}

/** Says how many there are of each status, and nothing of those of which there are none. */
export function countedText(counts: Readonly<Partial<Record<TaskStatus, number>>>, paint: Paint): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${paint(STATUS_STYLE[status as TaskStatus], status)}`)
    .join(', ');
}
