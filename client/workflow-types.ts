import type { TaskStatus } from '../lambdas/domain/lifecycle.ts';

/** Ours: the API's objects of workflows, as they come over the wire. */

export interface WorkflowSummary {
  readonly workflowName: string;
  /** Of an Express workflow executions can be started, and no more. */
  readonly type: 'Standard' | 'Express';
}

export type ExecutionStatus = 'Running' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Stopped';

export interface ExecutionSummary {
  readonly executionName: string;
  readonly status: ExecutionStatus;
  readonly startedTime: number;
  /** 0 while it runs. */
  readonly endTime: number;
}

export interface WorkflowExecution extends ExecutionSummary {
  readonly workflowName: string;
  /** JSON texts. */
  readonly input?: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** `Caught`: it failed, and the workflow went on by its Catch. */
export type StepStatus = 'Running' | 'Succeeded' | 'Caught' | 'Failed' | 'Stopped';

/** One stay in a state, with the task that it ran, if it did. */
export interface ExecutionStep {
  readonly stepId: number;
  /** The Map or Parallel that it is in. */
  readonly parentStepId?: number;
  /** For which item of a Map. */
  readonly mapIndex?: number;
  /** Which branch of the Parallel that it is in, in the order in which they began. */
  readonly branchIndex?: number;
  readonly stateName: string;
  readonly stateType: string;
  readonly status: StepStatus;
  readonly enteredTime: number;
  /** 0 while in it. */
  readonly exitedTime: number;
  readonly attempts: number;
  readonly error?: string;
  readonly cause?: string;
  readonly functionName?: string;
  readonly taskId?: string;
  readonly taskStatus?: TaskStatus;
}

export interface ExecutionHistory {
  readonly steps: readonly ExecutionStep[];
  /** False where there was more than could be read in time. */
  readonly isComplete: boolean;
  readonly nextToken?: string;
}
