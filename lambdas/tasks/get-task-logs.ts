import type { LogQuery, LogReader } from '../aws/log-reader.ts';
import { isTerminal } from '../domain/lifecycle.ts';
import { LOG_CALLS_MAX, LOG_LAG_MS, LOG_PAGE_MAX_BYTES, LOG_WORK_MS } from '../domain/limits.ts';
import { filterPatternOf, type LoggedLine, type TaskLogLine, taskLineOf } from '../domain/log-line.ts';
import { type LogRun, logRunsOf } from '../domain/log-runs.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { byteLength } from '../domain/text.ts';
import { type FindTaskDependencies, findTask } from './get-task.ts';

export interface LogDependencies extends FindTaskDependencies {
  readonly logs: LogReader;
}

/** How far a log was read: so many lines of an instant, in a run that is known by its beginning. */
export interface LogPlace {
  readonly runTime: number;
  readonly lineTime: number;
  readonly seen: number;
  /** Where CloudWatch Logs goes on, which may have searched far without finding anything. */
  readonly search?: LogSearch | undefined;
}

export interface LogSearch {
  /** From when on it searched. */
  readonly startTime: number;
  readonly nextToken: string;
}

export interface LogRequest {
  readonly key: TaskKey;
  /** Only this attempt, of the series that runs or ran last. */
  readonly attempt?: number | undefined;
  /** Lines before this instant are left out. */
  readonly startTime: number;
  readonly limit: number;
  readonly after?: LogPlace | undefined;
}

export interface TaskLogs {
  readonly lines: readonly TaskLogLine[];
  /** Whether these are the last that can be read now. */
  readonly isUpToDate: boolean;
  /** Undefined when no others are to come, either. */
  readonly readTo: LogPlace | undefined;
}

/**
 * Reads one page of what a task has logged, run by run, the oldest lines first. The work of one request is bounded, so
 * that a page may be short or even empty and still have a next one; while the task may log on, there is always one. It
 * reads once from CloudWatch Logs however little time is left, so that each page gets on.
 * @throws TaskModeError `FunctionNotFound`, `AsyncTaskNotFound`
 */
export async function getTaskLogs(deps: LogDependencies, request: LogRequest): Promise<TaskLogs> {
  const workUntil = deps.clock() + LOG_WORK_MS;
  const { task, taskFunction } = await findTask(deps, request.key);
  const { attempt, after } = request;
  const runs = logRunsOf(task).filter(
    (run) => attempt === undefined || (run.isOfLastSeries && run.attempt === attempt),
  );
  const reading = new Reading(deps, request, taskFunction, workUntil);
  const isUpToDate = await reading.readAll(
    runs.filter(({ startTime }) => startTime >= (after?.runTime ?? 0)),
  );
  const isOver = isUpToDate && deps.clock() > logEndOf(task, runs, attempt);
  return { lines: reading.lines, isUpToDate, readTo: isOver ? undefined : reading.place };
}

/** From when on no line is to come any more. */
function logEndOf(task: Task, runs: readonly LogRun[], attempt: number | undefined): number {
  const isLeft = attempt !== undefined && attempt < task.attempt;
  if (!isTerminal(task.status) && !isLeft) return Number.POSITIVE_INFINITY;
  const endTime = runs.at(-1)?.endTime ?? 0;
  return endTime + LOG_LAG_MS;
}

const ROOM_LINES = 20;

type SearchState = Pick<LogQuery, 'startTime' | 'nextToken'>;

/** Reads lines until a page is full, or its work is done. */
class Reading {
  readonly lines: TaskLogLine[] = [];
  place: LogPlace;
  readonly #deps: LogDependencies;
  readonly #request: LogRequest;
  readonly #function: TaskFunctionRecord;
  readonly #workUntil: number;
  #calls = 0;
  #hasCalled = false;
  #bytes = 0;

  constructor(
    deps: LogDependencies,
    request: LogRequest,
    taskFunction: TaskFunctionRecord,
    workUntil: number,
  ) {
    this.#deps = deps;
    this.#request = request;
    this.#function = taskFunction;
    this.#workUntil = workUntil;
    this.place = request.after ?? { runTime: 0, lineTime: 0, seen: 0 };
  }

  /** Tells whether it came to the end. */
  async readAll(runs: readonly LogRun[]): Promise<boolean> {
    for (const run of runs) if (!(await this.#readRun(run))) return false;
    return true;
  }

  async #readRun(run: LogRun): Promise<boolean> {
    this.#enter(run);
    let search: SearchState = this.place.search ?? this.#searchFromPlace();
    if (run.loggedUntil !== undefined && search.startTime > run.loggedUntil) return true;
    let skip = search.nextToken === undefined ? this.place.seen : 0;
    for (;;) {
      if (!this.#mayCall(skip > 0)) return false;
      const page = await this.#deps.logs.read({ ...this.#query(run), ...search });
      if (!page) {
        search = this.#searchFromPlace();
        skip = this.place.seen;
        continue;
      }
      for (const line of page.lines) {
        if (skip > 0 && line.timestamp === search.startTime) skip -= 1;
        else if (!this.#take(line, run)) return false;
      }
      const { nextToken } = page;
      const { startTime } = search;
      const next = nextToken === undefined ? undefined : { startTime, nextToken };
      this.place = { ...this.place, search: next };
      if (!next) return true;
      search = next;
    }
  }

  #enter({ startTime }: LogRun): void {
    if (this.place.runTime === startTime) return;
    const lineTime = Math.max(startTime, this.#request.startTime);
    this.place = { runTime: startTime, lineTime, seen: 0 };
  }

  #searchFromPlace(): SearchState {
    return { startTime: this.place.lineTime, nextToken: undefined };
  }

  #query({ instanceId: logStreamName, loggedUntil: endTime }: LogRun): Omit<LogQuery, 'startTime'> {
    const { key, limit } = this.#request;
    return {
      logGroupName: this.#function.logGroupName,
      logStreamName,
      endTime,
      filterPattern: this.#isAlone ? undefined : filterPatternOf(key.taskId),
      // Some more than there is room for: metrics are no lines of the task's.
      limit: limit + ROOM_LINES,
    };
  }

  get #isAlone(): boolean {
    return this.#function.instanceConcurrency === 1;
  }

  /** What was read before is read again to get behind it: without that, there would be no getting on. */
  #mayCall(isBehind: boolean): boolean {
    if (this.#isFull) return false;
    if (!isBehind) this.#calls += 1;
    const isFirst = !this.#hasCalled;
    this.#hasCalled = true;
    return isFirst || (this.#calls <= LOG_CALLS_MAX && this.#deps.clock() < this.#workUntil);
  }

  get #isFull(): boolean {
    return this.lines.length >= this.#request.limit || this.#bytes >= LOG_PAGE_MAX_BYTES;
  }

  /** Takes a line that is the task's, and goes on behind it; false when there is no room for it. */
  #take(line: LoggedLine, run: LogRun): boolean {
    if (this.#isFull) return false;
    const owner = { taskId: this.#request.key.taskId, run, isAlone: this.#isAlone };
    const own = taskLineOf(line, owner);
    if (own) {
      this.lines.push(own);
      this.#bytes += byteLength(own.message);
    }
    const { runTime, lineTime, seen } = this.place;
    this.place = { runTime, lineTime: line.timestamp, seen: line.timestamp === lineTime ? seen + 1 : 1 };
    return true;
  }
}
