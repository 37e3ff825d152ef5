import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { LOG_RETENTION } from './bundled-function.ts';

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

/** A workflow over tasks: a state machine with its log and its traces. */
export class TaskWorkflow extends StateMachine {
  constructor(scope: Construct, id: string, props: TaskWorkflowProps) {
    const logs = new LogGroup(scope, `${id}Logs`, {
      retention: LOG_RETENTION,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      definitionBody: DefinitionBody.fromChainable(props.definition),
      stateMachineType: props.stateMachineType ?? StateMachineType.STANDARD,
      ...(props.timeout && { timeout: props.timeout }),
      tracingEnabled: true,
      // Which states, not what with: payloads are nowhere in our logs.
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(
      this.role,
      'IAM5[Resource::*]',
      'delivery of logs and traces is granted on * only (AWS Step Functions: logging, X-Ray)',
    );
  }
}
