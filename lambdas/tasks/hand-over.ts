import type { TaskQueue } from '../aws/task-queue.ts';
import { isFollowUpPending } from '../domain/follow-up.ts';
import type { Task } from '../domain/task.ts';

export interface HandOverDependencies {
  readonly queue: TaskQueue;
  readonly followUpQueueUrl: string;
}

/**
 * Enqueues the follow-up of an ended task, if it has one. Send errors are ignored: the row is marked as pending already, so
 * the sweep sends the message.
 */
export async function handOver({ queue, followUpQueueUrl }: HandOverDependencies, task: Task): Promise<void> {
  if (isFollowUpPending(task)) await queue.send(followUpQueueUrl, task, 0).catch(() => undefined);
}
