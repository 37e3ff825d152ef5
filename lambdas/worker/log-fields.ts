import type { Invocation } from '../domain/invocation.ts';
import type { Task } from '../domain/task.ts';

/** What each line about a task says of it. */
export function aboutTask({ functionName, taskId, attempt, requestId }: Task) {
  return { functionName, taskId, attempt, requestId };
}

/** What each line about an invocation that has no record says of it. */
export function aboutInvocation({ functionName, invocationId, requestId }: Invocation) {
  return { functionName, invocationId, requestId };
}
