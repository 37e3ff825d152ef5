import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { TaskIndex } from '../aws/task-index.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
import {
  type Count,
  type Explanation,
  explainEnd,
  explainRunning,
  explainWaiting,
  type Surroundings,
} from '../domain/explanation.ts';
import type { IndexState } from '../domain/lifecycle.ts';
import { COUNT_SHARD_ENTRIES } from '../domain/limits.ts';
import { sortKeyOf, type Task, type TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { isTaskIn } from '../domain/task-group.ts';
import { type FindTaskDependencies, findTask } from './get-task.ts';

export interface ExplainDependencies extends FindTaskDependencies {
  readonly registry: FunctionRegistry;
  readonly index: TaskIndex;
  readonly queue: TaskQueue;
}

export interface ExplainedTask {
  readonly task: Task;
  readonly explanation: Explanation;
  /** Of a task that waits. */
  readonly around?: Surroundings;
}

/**
 * Says why a task does not run yet, or how it runs or ended.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`
 */
export async function explainTask(deps: ExplainDependencies, key: TaskKey): Promise<ExplainedTask> {
  // What was put within the last seconds, a pause say, is what is asked for.
  deps.registry.forget(key.functionName);
  const { task, taskFunction } = await findTask(deps, key);
  const now = deps.clock();
  if (isTaskIn(task, 'running')) return { task, explanation: explainRunning(task, now) };
  if (!isTaskIn(task, 'waiting')) return { task, explanation: explainEnd(task) };
  const around = await surroundingsOf(deps, task, taskFunction);
  return { task, around, explanation: explainWaiting(task, taskFunction, around, now) };
}

async function surroundingsOf(
  { index, queue }: ExplainDependencies,
  { submitTime, taskId }: Task,
  { functionName, maxShardCount, queueUrl }: TaskFunctionRecord,
): Promise<Surroundings> {
  const shards = Array.from({ length: maxShardCount }, (_, shard) => shard);
  const countOf = async (state: IndexState, below?: string): Promise<Count> => {
    const counted = await Promise.all(
      shards.map((shard) =>
        index.countShard({ functionName, state, shard, below, maxScanned: COUNT_SHARD_ENTRIES }),
      ),
    );
    const counts = counted.flatMap((each) => [...each.counts.values()]);
    return {
      count: counts.reduce((sum, count) => sum + count, 0),
      isAtLeast: counted.some(({ isWhole }) => !isWhole),
    };
  };
  const [running, ahead, messages] = await Promise.all([
    countOf('running'),
    countOf('waiting', sortKeyOf(submitTime, taskId)),
    queue.counts(queueUrl).catch((error: Error) => {
      if (error.name !== 'QueueGoneError') throw error;
      return undefined;
    }),
  ]);
  return { running, ahead, queue: messages };
}
