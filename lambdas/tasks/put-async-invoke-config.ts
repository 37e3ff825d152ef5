import { type ConfigChange, withChange } from '../domain/async-invoke-config.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { changeSetting, type SettingDependencies } from './change-setting.ts';
import { checkedDestination, type FindDestinationDependencies } from './find-destination.ts';

export interface PutConfigDependencies extends SettingDependencies, FindDestinationDependencies {}

/**
 * Puts what is named over what was put before, for the tasks that are submitted from then on: a handler that looked at
 * the function within the last 30 s does not know of it yet. Of Puts at once each keeps what it names.
 * @throws TaskModeError `FunctionNotFound`, `InvalidArgument` for a destination, `ConcurrentUpdateError`.
 */
export async function putAsyncInvokeConfig(
  deps: PutConfigDependencies,
  functionName: string,
  change: ConfigChange,
): Promise<TaskFunctionRecord> {
  return changeSetting(deps, functionName, 'runtimeConfig', async ({ runtimeConfig }, write) =>
    withChange(runtimeConfig, await withDestinations(deps, change), write),
  );
}

/** What is named, with its destinations in their one spelling. */
async function withDestinations(
  deps: FindDestinationDependencies,
  change: ConfigChange,
): Promise<ConfigChange> {
  const checked = Object.entries(change.destinations ?? {}).map(async ([name, text]) => {
    const field = `destinationConfig.${name}.destination`;
    return [name, text === null ? null : await checkedDestination(deps, field, text)] as const;
  });
  if (checked.length === 0) return change;
  return { ...change, destinations: Object.fromEntries(await Promise.all(checked)) };
}
