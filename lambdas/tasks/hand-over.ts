import type { TaskQueue } from '../aws/task-queue.ts';
import { isFollowUpPending } from '../domain/follow-up.ts';
import type { Task } from '../domain/task.ts';

export interface HandOverDependencies {
  readonly queue: TaskQueue;
  readonly followUpQueueUrl: string;
}

/**
 * Hands a task that has ended over to who tells its destination; does nothing where there is nobody to tell. That it
 * cannot be handed over is not the task's fault: its row says so, and the sweep does it.
 */
export async function handOver({ queue, followUpQueueUrl }: HandOverDependencies, task: Task): Promise<void> {
  if (isFollowUpPending(task)) await queue.send(followUpQueueUrl, task, 0).catch(() => undefined);
}
