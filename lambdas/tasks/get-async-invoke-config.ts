import { TaskModeError } from '../domain/errors.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { currentFunction, type SettingDependencies } from './change-setting.ts';

/**
 * Finds a function whose configuration was put.
 * @throws TaskModeError `FunctionNotFound`, `AsyncConfigNotExists` while the deployed defaults hold alone.
 */
export async function getAsyncInvokeConfig(
  deps: Pick<SettingDependencies, 'settings'>,
  functionName: string,
): Promise<TaskFunctionRecord> {
  const record = await currentFunction(deps, functionName);
  if (!record.runtimeConfig) throw configNotExists(functionName);
  return record;
}

export function configNotExists(functionName: string): TaskModeError {
  return new TaskModeError(
    'AsyncConfigNotExists',
    `AsyncConfig for ${functionName}:LATEST does not exist: what was deployed holds.`,
  );
}
