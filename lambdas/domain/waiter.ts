import { failureReport } from './failure.ts';
import { isTerminal, type TaskStatus } from './lifecycle.ts';
import { WORKFLOW_TEXT_MAX_BYTES } from './limits.ts';
import type { ReportedEnd } from './reported-end.ts';
import { byteLength } from './text.ts';

/** The state of a workflow that waits for a task, known by the token that Step Functions gave it. */
export interface Waiter {
  readonly token: string;
  /** The execution's ARN. */
  readonly executionId: string;
  /**
   * What it waits for: the task's end, whatever that is, or the answer that the task's own code gives; then the platform
   * answers for a task only that ends without having succeeded.
   */
  readonly waitFor: 'task' | 'callback';
  /** From then on it waits no more for a task that has not started: its time-out has come, or no heartbeat has. */
  readonly untilTime?: number;
  /** How often it must hear that the task is alive: from the task's code if it waits for a callback, else from us. */
  readonly heartbeatSeconds?: number;
}

/**
 * How long after the last heartbeat that the platform gave for a task it may give the next. Where the code's own are
 * counted, each of the platform's is worth one of them: they are rare enough there that silent code is found out.
 */
export function heartbeatPauseMs({ waitFor, heartbeatSeconds = 0 }: Waiter): number {
  return waitFor === 'callback' ? 2 * heartbeatSeconds * 1000 : 0;
}

/** What Step Functions is told: the state's output, or the error that its Retry and Catch match. */
export type WaiterAnswer =
  | { readonly isSuccess: true; readonly output: string }
  | { readonly isSuccess: false; readonly error: string; readonly cause: string };

/** Tells whether the platform answers who waits for a task that comes to have this status. */
export function isAnswered(waiter: Waiter | undefined, status: TaskStatus): boolean {
  if (!waiter || !isTerminal(status)) return false;
  return waiter.waitFor === 'task' || status !== 'Succeeded';
}

/**
 * Makes the answer to who waits for a task that has ended; undefined when the task's code has given it. A result that
 * Step Functions does not take in one piece is answered by where it is. An attempt's error is named by its type, as
 * Step Functions names those of a Lambda function; the other ends have names of ours.
 */
export function answerTo(
  { waitFor }: Waiter,
  task: ReportedEnd,
  resultText: string | undefined,
): WaiterAnswer | undefined {
  if (task.status !== 'Succeeded') return failureAnswer(task);
  if (waitFor !== 'task') return undefined;
  const { functionName, taskId } = task;
  if (resultText === undefined) {
    return { isSuccess: false, error: 'TaskMode.ResultGone', cause: causeOf(task, {}) };
  }
  const resultBytes = byteLength(resultText);
  return {
    isSuccess: true,
    output:
      resultBytes <= WORKFLOW_TEXT_MAX_BYTES
        ? resultText
        : JSON.stringify({ taskModeResult: { functionName, taskId, resultBytes } }),
  };
}

/** The answer to a state that begins to wait for a task which has succeeded already. */
export function lateAnswerTo(
  waiter: Waiter,
  task: ReportedEnd & { status: 'Succeeded' },
  resultText: string | undefined,
): WaiterAnswer {
  return (
    answerTo(waiter, task, resultText) ?? {
      isSuccess: false,
      error: 'TaskMode.CallbackMissed',
      cause: causeOf(task, {
        errorMessage: 'the code of the task has given its answer to an earlier attempt',
      }),
    }
  );
}

function failureAnswer(task: Exclude<ReportedEnd, { status: 'Succeeded' }>): WaiterAnswer {
  return task.status === 'Failed'
    ? {
        isSuccess: false,
        error: task.error.errorType,
        cause: causeOf(task, JSON.parse(failureReport(task.error))),
      }
    : { isSuccess: false, error: `TaskMode.${task.status}`, cause: causeOf(task, {}) };
}

function causeOf({ functionName, taskId, status }: ReportedEnd, report: object): string {
  return JSON.stringify({ ...report, functionName, taskId, status });
}
