import { type AsyncTask, statusGroupOf, type TaskStatus } from '../client/index.ts';

function firstTimeOf({ events }: AsyncTask, status: TaskStatus): number | undefined {
  return events.find((event) => event.status === status)?.timestamp;
}

/** How long a task waited until its first attempt; of one that never ran, until it ended. */
export function waitedMs(task: AsyncTask, nowMs: number): number {
  const startMs = firstTimeOf(task, 'Running') ?? (task.endTime || nowMs);
  return Math.max(startMs - task.startedTime, 0);
}

/** How long its last attempt ran, or has been running; undefined before the first one and between attempts. */
export function ranMs(task: AsyncTask, nowMs: number): number | undefined {
  if (task.durationMs !== undefined) return task.durationMs;
  const runs = task.events.filter(({ status }) => status === 'Running');
  const startMs = runs.at(-1)?.timestamp;
  if (startMs === undefined || statusGroupOf(task.status) === 'waiting') return undefined;
  return Math.max((task.endTime || nowMs) - startMs, 0);
}

/** How many attempts were begun. */
export function attemptsOf(task: AsyncTask): number {
  return firstTimeOf(task, 'Running') === undefined ? 0 : task.alreadyRetriedTimes + 1;
}

/** What went wrong, in a line: an error's message has its stack below it. */
export function errorLine({ taskErrorMessage = '' }: AsyncTask): string {
  return taskErrorMessage.split('\n')[0] ?? '';
}
