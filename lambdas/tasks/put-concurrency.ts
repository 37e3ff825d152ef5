import type { EventSources } from '../aws/event-sources.ts';
import { checkTasksAtOnce, wantedState } from '../domain/concurrency.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { changeSetting, type SettingDependencies } from './change-setting.ts';

export interface ConcurrencyDependencies extends SettingDependencies {
  readonly eventSources: EventSources;
}

/**
 * Puts how many tasks of a function run at once; undefined is as deployed. The number is kept first: who dies before the
 * event source is told, and who finds that Lambda still changes it, leaves that to the sweep.
 * @throws TaskModeError `FunctionNotFound`, `InvalidArgument`, `ConcurrentUpdateError`, `ServiceUnavailable`.
 */
export async function putConcurrency(
  deps: ConcurrencyDependencies,
  functionName: string,
  tasksAtOnce: number | undefined,
): Promise<TaskFunctionRecord> {
  const record = await changeSetting(deps, functionName, 'runtimeConcurrency', (current, write) => {
    if (tasksAtOnce !== undefined) checkTasksAtOnce(current, tasksAtOnce);
    return {
      ...(tasksAtOnce !== undefined && { tasksAtOnce }),
      changedTime: write.now,
      revision: write.revision,
    };
  });
  await deps.eventSources.set(record.eventSourceId, wantedState(record));
  return record;
}
