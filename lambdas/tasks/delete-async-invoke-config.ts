import { removeSetting, type SettingDependencies } from './change-setting.ts';
import { configNotExists } from './get-async-invoke-config.ts';

/**
 * Removes all that was put: what was deployed holds again.
 * @throws TaskModeError `FunctionNotFound`, `AsyncConfigNotExists`, `ConcurrentUpdateError`.
 */
export async function deleteAsyncInvokeConfig(
  deps: SettingDependencies,
  functionName: string,
): Promise<void> {
  if (!(await removeSetting(deps, functionName, 'runtimeConfig'))) throw configNotExists(functionName);
}
