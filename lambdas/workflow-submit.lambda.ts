import type { Context } from 'aws-lambda';
import { Waiters } from './aws/waiters.ts';
import { TaskModeError } from './domain/errors.ts';
import { traceOfXRay } from './domain/trace.ts';
import { RedriveAdapters } from './redrive-adapters.ts';
import { attachTask } from './tasks/attach-task.ts';
import { submitTask } from './tasks/submit-task.ts';
import { toWorkflowRequest, waiterOf } from './workflow/workflow-request.ts';

/** Who a workflow's tasks are of: they are fairly served beside those of the API's callers. */
const TENANT = 'workflows';

/** A state's errors are matched by name, so each refusal has its own: `TaskMode.` and the API's code. */
class WorkflowError extends Error {
  constructor({ code, message }: TaskModeError) {
    super(message);
    this.name = `TaskMode.${code}`;
  }
}

/** What a state gets that does not wait. */
export interface WorkflowSubmission {
  readonly functionName: string;
  readonly taskId: string;
}

/** Submits the task of a workflow's state, or has the state wait for the task that it has already. */
export async function handler(event: unknown, context: Context): Promise<WorkflowSubmission> {
  try {
    return await submit(event, context);
  } catch (error) {
    throw error instanceof TaskModeError ? new WorkflowError(error) : error;
  }
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds);
  });

async function submit(event: unknown, context: Context): Promise<WorkflowSubmission> {
  const workflowRequest = toWorkflowRequest(event);
  const { functionName, taskId, payload, delaySeconds, executionId } = workflowRequest;
  const adapters = new RedriveAdapters(AbortSignal.timeout(context.getRemainingTimeInMillis()));
  const request = {
    functionName,
    taskId,
    requestId: context.awsRequestId,
    caller: executionId,
    tenant: TENANT,
    // Lambda sets it for each invocation, the execution's trace where Step Functions is traced.
    trace: traceOfXRay(process.env._X_AMZN_TRACE_ID),
    delaySeconds,
    payload: JSON.stringify(payload ?? {}),
  };
  const waiter = waiterOf(workflowRequest, Date.now());
  if (waiter) {
    await attachTask(Object.assign(adapters, { waiters: new Waiters(), pause }), { ...request, waiter });
  } else {
    await submitTask(adapters, { ...request, onDuplicate: 'return' });
  }
  return { functionName, taskId };
}
