import type { FunctionRegistry } from '../aws/function-registry.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';

export interface FindFunctionDependencies {
  readonly registry: FunctionRegistry;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Finds a function whose tasks can be read, also after it was removed.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function knownFunction(
  { registry, clock, signal }: FindFunctionDependencies,
  functionName: string,
): Promise<TaskFunctionRecord> {
  const record = await registry.find(functionName, clock(), signal);
  if (!record) throw functionNotFound(functionName);
  return record;
}

/**
 * Finds a function that takes new tasks.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function functionTakingTasks(
  deps: FindFunctionDependencies,
  functionName: string,
): Promise<TaskFunctionRecord> {
  const record = await knownFunction(deps, functionName);
  if (record.isDeleted) throw functionNotFound(functionName);
  return record;
}

export function functionNotFound(functionName: string): TaskModeError {
  return new TaskModeError('FunctionNotFound', `function '${functionName}' does not exist.`);
}
