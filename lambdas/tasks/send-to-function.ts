import type { FunctionRegistry } from '../aws/function-registry.ts';
import { QueueGoneError } from '../aws/task-queue.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { type FindFunctionDependencies, functionTakingTasks } from './find-function.ts';

export interface SendDependencies extends FindFunctionDependencies {
  readonly registry: FunctionRegistry;
}

/**
 * Sends to a function's queue, and follows the function where that was replaced within the last seconds.
 * @throws TaskModeError `FunctionNotFound`, `ServiceUnavailable`
 */
export async function sendToFunction<T>(
  deps: SendDependencies,
  { functionName, queueUrl }: TaskFunctionRecord,
  send: (queueUrl: string) => Promise<T>,
): Promise<T> {
  try {
    return await send(queueUrl);
  } catch (error) {
    if (!(error instanceof QueueGoneError)) throw error;
    // The function was deployed anew on another queue.
    deps.registry.forget(functionName);
    const current = await functionTakingTasks(deps, functionName);
    return send(current.queueUrl).catch(() => {
      throw new TaskModeError(
        'ServiceUnavailable',
        `the queue of function "${functionName}" is being replaced. Repeating the request with the same task id is safe.`,
        { cause: error },
      );
    });
  }
}
