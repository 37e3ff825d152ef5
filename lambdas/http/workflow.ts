import { TaskModeError } from '../domain/errors.ts';
import { STEP_CAUSE_MAX_BYTES, WORKFLOW_TEXT_MAX_BYTES } from '../domain/limits.ts';
import { byteLength, truncated } from '../domain/text.ts';
import type { Execution, ExecutionSummary, Workflow } from '../domain/workflow.ts';
import type { LinkedStep } from '../tasks/get-workflow-execution-history.ts';
import { parseBody, parseWholeBody } from './json-body.ts';
import { startExecutionBody, stopExecutionBody } from './workflow-schemas.ts';

/** Our answers about workflows, in the contract's style: fields without a value are left out, `endTime` is 0 while unfinished. */

export function toWorkflow({ workflowName, isExpress }: Workflow) {
  return { workflowName, type: isExpress ? 'Express' : 'Standard' };
}

export function toExecutionSummary({ executionName, status, startTime, stopTime }: ExecutionSummary) {
  return { executionName, status, startedTime: startTime, endTime: stopTime ?? 0 };
}

export function toExecution(workflowName: string, execution: Execution) {
  const { input, output, error, cause } = execution;
  return { workflowName, ...toExecutionSummary(execution), input, output, error, cause };
}

export function toStep({ step, task, taskStatus }: LinkedStep) {
  const { request: _, exitedTime, cause, ...told } = step;
  return {
    ...told,
    exitedTime: exitedTime ?? 0,
    cause: cause === undefined ? undefined : truncated(cause, STEP_CAUSE_MAX_BYTES),
    functionName: task?.functionName,
    taskId: task?.taskId,
    taskStatus,
  };
}

export interface StartBody {
  readonly name: string | undefined;
  /** As JSON. */
  readonly input: string;
}

/**
 * Reads what is to be started; no body is one that names nothing. The input stays what it is, with every null in it.
 * @throws TaskModeError `InvalidArgument`; `EntityTooLarge` for an input that Step Functions does not take.
 */
export function toStart(body: string): StartBody {
  const { name, input = {} } = parseWholeBody(startExecutionBody, body === '' ? '{}' : body);
  const text = textOf(input);
  const size = byteLength(text);
  if (size > WORKFLOW_TEXT_MAX_BYTES) {
    throw new TaskModeError(
      'EntityTooLarge',
      `input must have at most ${WORKFLOW_TEXT_MAX_BYTES} bytes as JSON, got ${size}`,
    );
  }
  return { name: name ?? undefined, input: text };
}

/** What is nested some thousand levels deep is JSON that cannot be written. */
function textOf(input: unknown): string {
  try {
    return JSON.stringify(input);
  } catch {
    throw new TaskModeError('InvalidArgument', 'input must be JSON that is not nested as deep');
  }
}

/** Reads why an execution is stopped; no body is no reason. */
export function toStopReason(body: string): Pick<Execution, 'error' | 'cause'> {
  const { error, cause } = parseBody(stopExecutionBody, body === '' ? '{}' : body);
  return { error, cause };
}
