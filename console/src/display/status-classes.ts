import { statusGroupOf, type TaskStatus } from '../../../client/index.ts';

/** Returns the CSS classes that colour something by its task's group, and by its status where that differs. */
export function statusClasses(prefix: string, status: TaskStatus): string {
  return `${prefix}-${statusGroupOf(status)} ${prefix}-${status}`;
}
