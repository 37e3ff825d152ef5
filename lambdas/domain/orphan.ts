import { ORPHAN_AFTER_MS, ORPHAN_IN_BACKLOG_AFTER_MS } from './limits.ts';
import type { Task } from './task.ts';

/**
 * Tells whether a waiting task's wake-up is to be sent again, as if it were lost.
 *
 * Nothing in a row says whether its message exists. Where the queue is empty, it does not. Where the queue holds
 * messages, it is most probably among them, and only time tells: the task is sent again at an age of 10 minutes, 20, 40
 * and so on. SQS tells the age of a queue's oldest message only to CloudWatch, and a day in a backlog costs a task
 * seven messages more at most.
 */
export function isTakenForOrphan(
  { notBefore, wakeTime, resentTime = 0 }: Pick<Task, 'notBefore' | 'wakeTime' | 'resentTime'>,
  isQueueEmpty: boolean,
  now: number,
): boolean {
  // The sweep itself is still to send it.
  if (wakeTime !== undefined) return false;
  if (isQueueEmpty) return now - Math.max(notBefore, resentTime) > ORPHAN_AFTER_MS;
  const ageWhenResent = Math.max(resentTime - notBefore, 0);
  return now - notBefore > Math.max(ORPHAN_IN_BACKLOG_AFTER_MS, 2 * ageWhenResent);
}
