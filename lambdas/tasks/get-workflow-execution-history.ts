import type { TaskIndex } from '../aws/task-index.ts';
import { TaskModeError } from '../domain/errors.ts';
import { ExecutionSteps, type Step } from '../domain/execution-steps.ts';
import type { TaskStatus } from '../domain/lifecycle.ts';
import { HISTORY_WORK_MS } from '../domain/limits.ts';
import { isReadable, type TaskKey } from '../domain/task.ts';
import { executionArnOf } from '../domain/workflow.ts';
import { executionNotFound, recordedWorkflow } from './find-workflow.ts';
import type { ExecutionKey } from './get-workflow-execution.ts';
import type { ExecutionDependencies } from './start-workflow-execution.ts';

export interface HistoryDependencies extends ExecutionDependencies {
  readonly index: TaskIndex;
  readonly clock: () => number;
  /** Reads which task a state has asked for; undefined when it asked for something else. */
  readonly taskOf: (requestText: string) => TaskKey | undefined;
}

export interface HistoryRequest extends ExecutionKey {
  readonly limit: number;
  /** How many steps the pages before had. */
  readonly offset: number;
}

/** A step, with the task that it has run, if it has. */
export interface LinkedStep {
  readonly step: Step;
  readonly task: TaskKey | undefined;
  /** Undefined also when the task is not there yet, or any more. */
  readonly taskStatus: TaskStatus | undefined;
}

export interface HistoryPage {
  readonly steps: readonly LinkedStep[];
  /** How many steps there are up to the end of this page; undefined at the end of the list. */
  readonly readTo: number | undefined;
  /** False if the history was not read to this page's end in time: later events are missing, and what they changed. */
  readonly isComplete: boolean;
}

/**
 * Reads one page of an execution's steps in the order in which they were entered, each with its task. The history is
 * read from its beginning for each, until the page's steps have all ended. A page that ran out of time has the steps that
 * were read, and a next one.
 * @throws TaskModeError as GetWorkflowExecution does; `ServiceUnavailable` if the page's first step was not read in time.
 */
export async function getWorkflowExecutionHistory(
  deps: HistoryDependencies,
  { workflowName, executionName, limit, offset }: HistoryRequest,
): Promise<HistoryPage> {
  const workflow = await recordedWorkflow(deps, workflowName);
  const endTime = deps.clock() + HISTORY_WORK_MS;
  const steps = new ExecutionSteps();
  const end = offset + limit;
  let isComplete = true;
  for await (const part of deps.executions.history(executionArnOf(workflow, executionName))) {
    if (!part) throw executionNotFound(workflowName, executionName);
    for (const event of part.events) steps.add(event);
    // One more than the page has tells that there is another page.
    if (steps.count > end && steps.isSettled(end)) break;
    isComplete = part.isLast || deps.clock() < endTime;
    if (!isComplete) break;
  }
  const isLast = isComplete && steps.count <= end;
  const readTo = isLast ? undefined : Math.min(end, steps.count);
  // The next page would be read from the beginning as well, and find as little.
  if (readTo !== undefined && readTo <= offset) throw tooLong(executionName, offset);
  return { steps: await linked(deps, steps.slice(offset, end)), readTo, isComplete };
}

function tooLong(executionName: string, offset: number): TaskModeError {
  return new TaskModeError(
    'ServiceUnavailable',
    `the history of execution "${executionName}" could not be read past step ${offset} within ${HISTORY_WORK_MS} ms. Please retry.`,
  );
}

async function linked(deps: HistoryDependencies, steps: readonly Step[]): Promise<LinkedStep[]> {
  const found = steps.map((step) => ({
    step,
    task: step.request === undefined ? undefined : deps.taskOf(step.request),
  }));
  const keys = new Map(found.flatMap(({ task }) => (task ? [[idOf(task), task] as const] : [])));
  const rows = keys.size > 0 ? await deps.index.readAll([...keys.values()]) : [];
  const now = deps.clock();
  const statuses = new Map(
    rows.filter((row) => isReadable(row, now)).map((row) => [idOf(row), row.status] as const),
  );
  return found.map(({ step, task }) => ({ step, task, taskStatus: task && statuses.get(idOf(task)) }));
}

function idOf({ functionName, taskId }: TaskKey): string {
  return `${functionName}#${taskId}`;
}
