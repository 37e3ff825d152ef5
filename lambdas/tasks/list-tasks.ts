import type { PayloadStore } from '../aws/payload-store.ts';
import { type IndexEntry, isIndexedByState, type TaskIndex } from '../aws/task-index.ts';
import type { TaskStatus } from '../domain/lifecycle.ts';
import { LIST_ASC_AGE_MS, LIST_PAGE_MAX_BYTES, LIST_WORK_MS } from '../domain/limits.ts';
import { isReadable, sortKeyBounds, sortKeyOf, type Task } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { byteLength } from '../domain/text.ts';
import { type FindFunctionDependencies, knownFunction } from './find-function.ts';
import { readTexts, type TaskView } from './get-task.ts';
import { ShardScan } from './shard-scan.ts';

export interface ListRequest {
  readonly functionName: string;
  readonly status?: TaskStatus | undefined;
  readonly prefix?: string | undefined;
  /** Bounds of the submit time in epoch milliseconds, inclusive. */
  readonly begin: number;
  readonly end: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly includePayload: boolean;
  /** The sort key after which this page begins. */
  readonly after?: string | undefined;
}

export interface ListDependencies extends FindFunctionDependencies {
  readonly index: TaskIndex;
  readonly payloads: PayloadStore;
}

export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** The sort key up to which the list was read; undefined at its end. */
  readonly readTo: string | undefined;
}

/** How many tasks' texts are fetched at once: at most 20 MB, and some S3 gets in parallel. */
const TEXTS_AT_ONCE = 10;

/** How many rows one BatchGetItem reads (AWS DynamoDB quota). */
const ROWS_AT_ONCE = 100;

/**
 * Reads one page of a function's tasks, in the order of their submit times. The index may lag behind the rows by
 * moments, and the rows decide. The work of one request is bounded, so a page may be short or even empty and
 * still have a next one. It looks once however little time is left; a page without a next one is the end of the list.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function listTasks(deps: ListDependencies, request: ListRequest): Promise<TaskPage> {
  const beginTime = deps.clock();
  const workUntil = beginTime + LIST_WORK_MS;
  const taskFunction = await knownFunction(deps, request.functionName);
  const bounds = boundsOf(request, beginTime);
  if (!bounds) return { tasks: [], readTo: undefined };
  const scan = new ShardScan(deps.index, {
    ...toScan(request),
    ...bounds,
    shardCount: taskFunction.maxShardCount,
  });
  const isFilteredByRow = request.status !== undefined && !isIndexedByState(request.status);
  const page = new Page(request);
  // One look in any case: a page that has read nothing could not say where the next one begins.
  do {
    const entries = await scan.next(isFilteredByRow ? ROWS_AT_ONCE : request.limit - page.tasks.length);
    const rows = await readRows(deps, request, entries);
    let added = 0;
    do {
      const some = entries.slice(added, added + TEXTS_AT_ONCE);
      const views = some.map(async ({ sortKey }) => viewOf(deps, taskFunction, request, rows.get(sortKey)));
      page.addAll(some, await Promise.all(views));
      added += some.length;
    } while (added < entries.length && !page.isFull && deps.clock() < workUntil);
    if (added < entries.length) break;
    if (!page.isFull) page.readTo = scan.readTo;
  } while (!page.isFull && !scan.isAtEnd && deps.clock() < workUntil);
  const isLast = scan.isAtEnd && page.readTo === scan.readTo;
  return { tasks: page.tasks, readTo: isLast ? undefined : page.readTo };
}

/** A page as it fills: full at its limit of tasks, or before the answer would grow too large. */
class Page {
  readonly tasks: TaskView[] = [];
  /** The sort key up to which the list is read: where this page begins, until something is. */
  readTo: string | undefined;
  isFull = false;
  #bytes = 0;
  readonly #limit: number;

  constructor({ limit, after }: ListRequest) {
    this.#limit = limit;
    this.readTo = after;
  }

  addAll(entries: readonly IndexEntry[], views: readonly (TaskView | undefined)[]): void {
    for (const [position, { sortKey }] of entries.entries()) {
      const view = views[position];
      if (this.isFull || (view && !this.#takes(view))) return;
      if (view) this.tasks.push(view);
      this.readTo = sortKey;
      this.isFull = this.tasks.length >= this.#limit;
    }
  }

  #takes(view: TaskView): boolean {
    this.#bytes += byteLength(JSON.stringify(view));
    // One task alone fits in an answer, whatever its size.
    this.isFull = this.tasks.length > 0 && this.#bytes > LIST_PAGE_MAX_BYTES;
    return !this.isFull;
  }
}

/** The sort keys between which tasks are listed; undefined when there is nothing between them. */
function boundsOf({ begin, end, order, after }: ListRequest, now: number) {
  if (order === 'desc') return sortKeyBounds(begin, end);
  const bounds = sortKeyBounds(begin, Math.min(end, now - LIST_ASC_AGE_MS));
  return bounds.low <= bounds.high && (after === undefined || after <= bounds.high) ? bounds : undefined;
}

function toScan({ functionName, status, prefix, order, after }: ListRequest) {
  return {
    functionName,
    status: status && isIndexedByState(status) ? status : undefined,
    idPrefix: prefix,
    order,
    after,
  };
}

/** Reads the rows behind index entries; leaves out the ones that by now are not what the entry says or was asked. */
async function readRows(
  { index, clock }: ListDependencies,
  { functionName, status }: ListRequest,
  entries: readonly IndexEntry[],
): Promise<ReadonlyMap<string, Task>> {
  const tasks = await index.readAll(entries.map(({ taskId }) => ({ functionName, taskId })));
  const now = clock();
  return new Map(
    tasks
      .filter((task) => isReadable(task, now) && (status === undefined || task.status === status))
      .map((task) => [sortKeyOf(task.submitTime, task.taskId), task]),
  );
}

async function viewOf(
  { payloads }: ListDependencies,
  taskFunction: TaskFunctionRecord,
  { includePayload }: ListRequest,
  task: Task | undefined,
): Promise<TaskView | undefined> {
  if (!task) return undefined;
  return includePayload
    ? { task, taskFunction, ...(await readTexts(payloads, task)) }
    : { task, taskFunction };
}
