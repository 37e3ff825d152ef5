import { type ConfigChange, configOf, withChange } from '../domain/async-invoke-config.ts';
import { shortenedDestination } from '../domain/destination.ts';
import { isShortened, shownDestination } from '../domain/shown-destination.ts';
import type { Destinations } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { changeSetting, type SettingDependencies } from './change-setting.ts';
import { checkedDestination, type FindDestinationDependencies } from './find-destination.ts';

const DESTINATION_NAMES = ['onSuccess', 'onFailure'] as const satisfies readonly (keyof Destinations)[];

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
  return changeSetting(deps, functionName, 'runtimeConfig', async (record, write) =>
    withChange(record.runtimeConfig, await withDestinations(deps, record, change), write),
  );
}

/**
 * Replaces the destinations of a change by their one spelling. A caller that sends back what it read sends a shortened
 * address, which must not take the place of the real one: it means "as it is" and is left out of the change.
 */
async function withDestinations(
  deps: FindDestinationDependencies,
  record: TaskFunctionRecord,
  { destinations, ...change }: ConfigChange,
): Promise<ConfigChange> {
  const current: Destinations = configOf(record).destinations ?? {};
  const checked: Record<string, string | null> = {};
  for (const name of DESTINATION_NAMES) {
    const text = destinations?.[name];
    if (text === undefined || isAsItIs(name, text, current[name])) continue;
    checked[name] =
      text === null ? null : await checkedDestination(deps, record.functionName, fieldOf(name), text);
  }
  return Object.keys(checked).length === 0 ? change : { ...change, destinations: checked };
}

/** @throws TaskModeError `InvalidArgument` for a shortened address of some other destination. */
function isAsItIs(name: keyof Destinations, text: string | null, current: string | undefined): boolean {
  if (text === null || !isShortened(text)) return false;
  if (current !== undefined && shownDestination(current) === text) return true;
  throw shortenedDestination(fieldOf(name), text);
}

function fieldOf(name: keyof Destinations): string {
  return `destinationConfig.${name}.destination`;
}
