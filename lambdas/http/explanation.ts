import type { Count } from '../domain/explanation.ts';
import type { ExplainedTask } from '../tasks/explain-task.ts';

/** What ExplainAsyncTask answers, which is ours. */
export function toExplanation({ task, explanation, around }: ExplainedTask) {
  return {
    taskId: task.taskId,
    status: task.status,
    ...explanation,
    ...(around && {
      running: toCount(around.running),
      ahead: toCount(around.ahead),
      queue: around.queue,
    }),
  };
}

/** Where there may be more, that is said. */
function toCount({ count, isAtLeast }: Count) {
  return isAtLeast ? { count, isAtLeast } : { count };
}
