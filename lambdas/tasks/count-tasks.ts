import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { TaskIndex } from '../aws/task-index.ts';
import type { QueueCounts, TaskQueue } from '../aws/task-queue.ts';
import { INDEX_STATE_NAMES, type IndexState, statusesIn, type TaskStatus } from '../domain/lifecycle.ts';
import { COUNT_FUNCTIONS_AT_ONCE, COUNT_SHARD_ENTRIES, LIST_WORK_MS } from '../domain/limits.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { mapAtOnce } from './map-at-once.ts';

export interface CountDependencies {
  readonly registry: FunctionRegistry;
  readonly index: TaskIndex;
  readonly queue: TaskQueue;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

export interface CountRequest {
  readonly prefix: string;
  readonly limit: number;
  /** The name after which this page begins. */
  readonly after?: string | undefined;
}

/** A function, and how many tasks of it have each status. */
export interface CountedFunction {
  readonly record: TaskFunctionRecord;
  /** Of every status but Succeeded, which no index keeps. */
  readonly counts: ReadonlyMap<TaskStatus, number>;
  /** Of these statuses there may be more than was counted. */
  readonly atLeast: readonly TaskStatus[];
  /** Undefined while a deployment replaces the queue. */
  readonly queue: QueueCounts | undefined;
}

export interface CountedPage {
  readonly functions: readonly CountedFunction[];
  /** The last name of this page; undefined at the end of the list. */
  readonly readTo: string | undefined;
}

/**
 * Reads one page of the functions that take tasks, by name, and counts their tasks as an index has them: bounded in what it
 * looks at of each, and in time, so that a page may be shorter than it could be.
 */
export async function countTasks(
  deps: CountDependencies,
  { prefix, limit, after = '' }: CountRequest,
): Promise<CountedPage> {
  const endTime = deps.clock() + LIST_WORK_MS;
  const listed = (await deps.registry.list(deps.signal))
    .filter(
      ({ functionName, isDeleted }) => !isDeleted && functionName > after && functionName.startsWith(prefix),
    )
    .sort((a, b) => (a.functionName < b.functionName ? -1 : 1));
  const counted = await mapAtOnce(listed.slice(0, limit), COUNT_FUNCTIONS_AT_ONCE, async (record, index) =>
    // The first is counted in any case, so that each page gets on.
    index > 0 && deps.clock() > endTime ? undefined : countFunction(deps, record),
  );
  const end = counted.indexOf(undefined);
  const functions = (end < 0 ? counted : counted.slice(0, end)).filter((each) => each !== undefined);
  const readTo = functions.length < listed.length ? functions.at(-1)?.record.functionName : undefined;
  return { functions, readTo };
}

async function countFunction(
  { index, queue }: CountDependencies,
  record: TaskFunctionRecord,
): Promise<CountedFunction> {
  const { functionName, maxShardCount, queueUrl } = record;
  const shards = Array.from({ length: maxShardCount }, (_, shard) => shard);
  const queries = INDEX_STATE_NAMES.flatMap((state) => shards.map((shard) => ({ state, shard })));
  const [messages, ...answers] = await Promise.all([
    queue.counts(queueUrl).catch((error: Error) => {
      if (error.name !== 'QueueGoneError') throw error;
      return undefined;
    }),
    ...queries.map(async (query) => ({
      ...query,
      ...(await index.countShard({ functionName, ...query, maxScanned: COUNT_SHARD_ENTRIES })),
    })),
  ]);
  const partial = new Set(answers.filter(({ isWhole }) => !isWhole).map(({ state }) => state));
  const statuses = INDEX_STATE_NAMES.flatMap((state) => statusesIn<IndexState>(state));
  const countOf = (status: TaskStatus) =>
    answers.reduce((sum, { counts }) => sum + (counts.get(status) ?? 0), 0);
  return {
    record,
    counts: new Map(statuses.map((status) => [status, countOf(status)])),
    atLeast: [...partial].flatMap((state) => statusesIn<IndexState>(state)),
    queue: messages,
  };
}
