import type { Executions } from '../aws/executions.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { TaskKey } from '../domain/task.ts';
import { type StopDependencies, stopTask } from './stop-task.ts';

export interface StopExecutionDependencies extends StopDependencies {
  readonly executions: Executions;
  /** Reads which task a state has asked for; undefined when it asked for something else. */
  readonly taskOf: (requestText: string) => TaskKey | undefined;
}

/** How many tasks are stopped at once. */
const AT_ONCE = 10;

export interface StoppedExecution {
  readonly stoppedTasks: number;
  /** Of how many a state has asked for there is no row: their submit was refused, or is still to come. */
  readonly missingTasks: number;
}

/**
 * Stops every task that an execution waits for; those of them that have ended, or wait for another, are left alone.
 * Returns undefined if there is no such execution.
 */
export async function stopExecution(
  deps: StopExecutionDependencies,
  executionArn: string,
): Promise<StoppedExecution | undefined> {
  const seen = new Set<string>();
  const counts = { stopped: 0, missing: 0, left: 0 };
  for await (const requests of deps.executions.requests(executionArn)) {
    if (!requests) return undefined;
    const keys = requests.flatMap((request) => deps.taskOf(request) ?? []);
    const fresh = keys.filter(({ functionName, taskId }) => {
      const id = `${functionName}#${taskId}`;
      return !seen.has(id) && seen.add(id);
    });
    for (let start = 0; start < fresh.length; start += AT_ONCE) {
      const stops = fresh.slice(start, start + AT_ONCE).map((key) => stopAwaited(deps, key, executionArn));
      for (const outcome of await Promise.all(stops)) counts[outcome] += 1;
    }
  }
  return { stoppedTasks: counts.stopped, missingTasks: counts.missing };
}

async function stopAwaited(
  deps: StopExecutionDependencies,
  key: TaskKey,
  executionArn: string,
): Promise<'stopped' | 'missing' | 'left'> {
  const task = await deps.storeFor(1).get(key, deps.clock());
  if (!task) return 'missing';
  if (task.waiter?.executionId !== executionArn) return 'left';
  try {
    await stopTask(deps, key);
    return 'stopped';
  } catch (error) {
    if (error instanceof TaskModeError && error.code === 'AsyncTaskFinished') return 'left';
    throw error;
  }
}
