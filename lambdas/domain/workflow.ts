/** A workflow, as its deployment registered it. */
export interface Workflow {
  readonly workflowName: string;
  readonly stateMachineArn: string;
  /** Of an Express workflow's executions Step Functions keeps no record. */
  readonly isExpress: boolean;
}

/** How an execution stands. `Stopped` is what Step Functions calls aborted. */
export const EXECUTION_STATUSES = ['Running', 'Succeeded', 'Failed', 'TimedOut', 'Stopped'] as const;

export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** What a list tells of an execution. */
export interface ExecutionSummary {
  readonly executionName: string;
  readonly status: ExecutionStatus;
  readonly startTime: number;
  readonly stopTime: number | undefined;
}

/** One execution. Input and output are JSON texts. */
export interface Execution extends ExecutionSummary {
  readonly input: string | undefined;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

/** Of a Standard workflow an execution's ARN follows from its name (AWS Step Functions, Amazon Resource Names). */
export function executionArnOf({ stateMachineArn }: Workflow, executionName: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${executionName}`;
}
