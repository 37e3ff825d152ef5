import type { BulkFilter, BulkJob } from '../client/index.ts';
import { BULK_JOB_STYLE, countsText } from './follow-bulk-job.ts';
import { type Paint, printable } from './screen.ts';
import { type Column, tableLines } from './table.ts';
import { agoText, durationText, instantText } from './times.ts';

interface Layout {
  readonly width: number;
  readonly paint: Paint;
  readonly nowMs: number;
  readonly times: 'ago' | 'iso';
}

/** Lays bulk jobs out as a table, one line each. */
export function bulkJobLines(jobs: readonly BulkJob[], { nowMs, times, ...layout }: Layout): string[] {
  const columns: Column<BulkJob>[] = [
    { title: 'JOB', text: ({ bulkJobId }) => bulkJobId, minColumns: 12 },
    { title: 'ACTION', text: ({ action }) => action },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => BULK_JOB_STYLE[status] },
    {
      title: 'STARTED',
      text: ({ createdTime }) =>
        times === 'iso' ? new Date(createdTime).toISOString() : agoText(nowMs - createdTime),
    },
    { title: 'TASKS', text: ({ matched }) => String(matched), align: 'right' },
    {
      title: 'REFUSED',
      text: ({ refused }) => String(refused || ''),
      align: 'right',
      style: () => 'red',
    },
    { title: 'BY', text: ({ caller = '' }) => caller, minColumns: 8 },
    { title: 'WHY', text: ({ reason = '' }) => reason, minColumns: 8 },
  ];
  return tableLines(columns, jobs, layout);
}

/** Lays out all that is known of a bulk job, for people. */
export function bulkJobView(job: BulkJob, { paint, nowMs }: Pick<Layout, 'paint' | 'nowMs'>): string {
  const instant = (ms: number) => `${instantText(ms)} (${agoText(nowMs - ms)})`;
  const facts: [string, string | undefined | false][] = [
    ['job', `${job.bulkJobId} of ${job.functionName}`],
    ['status', paint(BULK_JOB_STYLE[job.status], job.status)],
    ['error', job.error && printable(job.error)],
    ['does', `${job.action} ${filterText(job.filter)}, ${job.maxTasks} tasks at the most`],
    ['tasks', countsText(job)],
    ['more', job.isMaxTasksReached && 'there are more tasks than it was to act on'],
    ['started', instant(job.createdTime)],
    ['took', durationText((job.endTime ?? nowMs) - job.createdTime)],
    ['by', job.caller && printable(job.caller)],
    ['why', job.reason && printable(job.reason)],
    ['stopped by', job.stoppedBy && printable(job.stoppedBy)],
  ];
  const refusals = job.errors.map(
    ({ taskId, code, message }) => `  ${taskId}  ${code}: ${printable(message)}`,
  );
  return [
    ...facts.flatMap(([name, value]) => (value ? [`${paint('bold', name.padEnd(12))}${value}`] : [])),
    ...(refusals.length > 0 ? ['', paint('bold', 'refused'), ...refusals] : []),
  ].join('\n');
}

/** Which tasks a filter finds, in words. */
export function filterText({ status, prefix, startedTimeBegin, startedTimeEnd }: BulkFilter): string {
  const parts = [
    status?.join(', '),
    prefix && `${prefix}…`,
    startedTimeBegin !== undefined && `since ${instantText(startedTimeBegin)}`,
    startedTimeEnd !== undefined && `until ${instantText(startedTimeEnd)}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'all' : parts.join(', ');
}
