import { type StatusGroup, statusGroupOf, TASK_STATUSES, type TaskStatus } from '../client/index.ts';
import type { Style } from './screen.ts';

/** The colour of each group of statuses: green has succeeded, red needs attention. */
export const GROUP_STYLE: Readonly<Record<StatusGroup, Style>> = {
  waiting: 'cyan',
  running: 'blue',
  succeeded: 'green',
  failed: 'red',
  stopped: 'gray',
};

/** A task that did not go straight on: its last attempt failed, or a stop was requested. */
const DETOURS: Readonly<Partial<Record<TaskStatus, Style>>> = { Retrying: 'yellow', Stopping: 'yellow' };

/** The colour of each status: its group's, or yellow. */
export const STATUS_STYLE = Object.fromEntries(
  TASK_STATUSES.map((status) => [status, DETOURS[status] ?? GROUP_STYLE[statusGroupOf(status)]]),
) as Readonly<Record<TaskStatus, Style>>;
