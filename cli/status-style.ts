import type { TaskStatus } from '../client/index.ts';
import type { Style } from './screen.ts';

/** The colour of each status: green is done, red needs somebody, yellow is on its way to another. */
export const STATUS_STYLE: Readonly<Record<TaskStatus, Style>> = {
  Enqueued: 'cyan',
  Processed: 'cyan',
  Running: 'blue',
  Retrying: 'yellow',
  Stopping: 'yellow',
  Succeeded: 'green',
  Failed: 'red',
  Stopped: 'gray',
  Expired: 'red',
  Invalid: 'red',
};
