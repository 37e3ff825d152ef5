import { randomUUID } from 'node:crypto';
import type { Executions } from '../aws/executions.ts';
import { TaskModeError } from '../domain/errors.ts';
import { type ExecutionSummary, executionArnOf } from '../domain/workflow.ts';
import {
  type FindWorkflowDependencies,
  knownWorkflow,
  notRecorded,
  workflowNotFound,
} from './find-workflow.ts';

export interface ExecutionDependencies extends FindWorkflowDependencies {
  readonly executions: Executions;
}

export interface StartRequest {
  readonly workflowName: string;
  /** Of two starts under the same name there is one execution. */
  readonly name: string | undefined;
  /** As JSON. */
  readonly input: string;
}

/**
 * Starts an execution. A start that is repeated under its name and with its input is answered by the execution that
 * there is, also when it has ended. Every execution has a name, so that AWS's SDK may repeat a start that it has no
 * answer of.
 * @throws TaskModeError `WorkflowNotFound`; `ExecutionAlreadyExists` where the input is another;
 * `WorkflowTypeNotSupported` for the name of an Express execution, which keeps nobody out.
 */
export async function startWorkflowExecution(
  deps: ExecutionDependencies,
  { workflowName, name, input }: StartRequest,
): Promise<ExecutionSummary> {
  const workflow = await knownWorkflow(deps, workflowName);
  if (workflow.isExpress && name !== undefined) {
    throw notRecorded(workflow, 'a name would not keep a second one from starting, so leave it out');
  }
  const executionName = name ?? randomUUID();
  const { stateMachineArn } = workflow;
  const started = await deps.executions.start({ stateMachineArn, name: executionName, input });
  if (started === 'gone') throw workflowNotFound(workflowName);
  if (started !== 'nameTaken') {
    return { executionName, status: 'Running', startTime: started, stopTime: undefined };
  }
  const earlier = await deps.executions.find(executionArnOf(workflow, executionName));
  // DescribeExecution may be a little behind StartExecution.
  if (!earlier)
    throw new TaskModeError('ServiceUnavailable', 'the execution is just being made. Please retry.');
  if (earlier.input === input) return earlier;
  throw new TaskModeError(
    'ExecutionAlreadyExists',
    `execution "${executionName}" of workflow "${workflowName}" exists with another input: it is ${earlier.status}`,
    { details: { executionName, status: earlier.status } },
  );
}
