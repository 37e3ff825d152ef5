import type { EventSources } from '../aws/event-sources.ts';
import { tasksAtOnceIn } from '../domain/concurrency.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { currentFunction, type SettingDependencies } from './change-setting.ts';

export interface FunctionConcurrency {
  readonly record: TaskFunctionRecord;
  /** How many tasks the event source lets run at once now; undefined while a deployment replaces it. */
  readonly now: number | undefined;
}

/**
 * Tells how many of a function's tasks are to run at once, and how many the event source lets.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function getConcurrency(
  deps: Pick<SettingDependencies, 'settings'> & { readonly eventSources: EventSources },
  functionName: string,
): Promise<FunctionConcurrency> {
  const record = await currentFunction(deps, functionName);
  const state = await deps.eventSources.read(record.eventSourceId);
  return { record, now: state && tasksAtOnceIn(record, state) };
}
