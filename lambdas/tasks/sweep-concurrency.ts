import { isInState, wantedState } from '../domain/concurrency.ts';
import { CONCURRENCY_RESET_MS } from '../domain/limits.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { SweepRun } from './sweep-run.ts';

/**
 * Sees to it that an event source does what was put at run time: a deployment that changes it sets what was deployed, and
 * who put it may have died before. Costs nothing where nothing was put.
 */
export async function sweepConcurrency(run: SweepRun, listed: TaskFunctionRecord): Promise<void> {
  const { eventSources, settings, clock } = run.deps;
  const { functionName, eventSourceId, runtimeConcurrency: put } = listed;
  if (!put) return;
  const state = await eventSources.read(eventSourceId);
  // None: a deployment is just replacing it.
  if (!state) return;
  if (!isInState(state, wantedState(listed))) {
    // The list is as old as this run; what was put or deployed since is not to be undone.
    const record = await settings.read(functionName);
    if (!record || record.isDeleted || !record.runtimeConcurrency) return;
    const isSet = await eventSources.set(record.eventSourceId, wantedState(record));
    if (isSet) run.count('concurrencies');
  } else if (put.tasksAtOnce === undefined && clock() > put.changedTime + CONCURRENCY_RESET_MS) {
    await settings.write(functionName, 'runtimeConcurrency', undefined, put.revision);
  }
}
