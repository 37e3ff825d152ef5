import { CfnElement, type Duration, Stack } from 'aws-cdk-lib';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { FUNCTION_NAME_PATTERN } from '../lambdas/domain/limits.ts';
import { acknowledge } from './acknowledge.ts';
import { type BundledFunction, newLogGroup } from './bundled-function.ts';

export interface TaskWorkflowProps {
  /** Its states. `TaskInvoke` is one that runs a task. */
  readonly definition: IChainable;

  /**
   * Standard, or Express: up to 5 minutes, cheaper, and its states cannot wait for tasks (AWS Step Functions: no
   * task tokens), only submit them.
   *
   * @default StateMachineType.STANDARD
   */
  readonly stateMachineType?: StateMachineType;

  /**
   * After how long an execution fails. Its tasks are stopped then.
   *
   * @default - never
   */
  readonly timeout?: Duration;
}

/** A workflow over tasks: a state machine with its log and its traces, by the name that the API calls it. */
export class TaskWorkflow extends StateMachine {
  readonly workflowName: string;
  readonly isExpress: boolean;

  /** @throws Error at synth for a name that the API could not take. */
  constructor(scope: Construct, id: string, props: TaskWorkflowProps) {
    if (!FUNCTION_NAME_PATTERN.test(id)) {
      throw new Error(
        `the name of a workflow must have 1 to 64 letters, digits, _ and -, not starting with a digit or -, got ${JSON.stringify(id)}`,
      );
    }
    const logs = newLogGroup(scope, `${id}Logs`);
    super(scope, id, {
      definitionBody: DefinitionBody.fromChainable(props.definition),
      stateMachineType: props.stateMachineType ?? StateMachineType.STANDARD,
      ...(props.timeout && { timeout: props.timeout }),
      tracingEnabled: true,
      // Which states, not what with: payloads are nowhere in our logs.
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    this.workflowName = id;
    this.isExpress = props.stateMachineType === StateMachineType.EXPRESS;
    acknowledge(
      this.role,
      'IAM5[Resource::*]',
      'delivery of logs and traces is granted on * only (AWS Step Functions: logging, X-Ray)',
    );
  }

  /** Lets a function make calls on each of its executions. */
  grantOnExecutions(grantee: BundledFunction, ...actions: string[]): void {
    this.grantExecution(grantee, ...actions);
    const { defaultChild } = this.node;
    if (!CfnElement.isCfnElement(defaultChild)) return;
    const ref = `{"Ref":"${Stack.of(this).getLogicalId(defaultChild)}"}`;
    acknowledge(
      grantee.role ?? grantee,
      `IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",${ref}]}]}:*]`,
      'executions get their names when they start: the right is to those of this workflow',
    );
  }
}
