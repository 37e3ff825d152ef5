import { ArnFormat, CfnElement, Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { TaskFollowUp } from './task-follow-up.ts';
import type { TaskTable } from './task-table.ts';

/** The parts of TaskMode that workflows use. */
export interface TaskWorkflowsParts {
  readonly taskTable: TaskTable;
  readonly registry: FunctionRegistry;
  readonly payloadBucket: PayloadBucket;
  readonly followUp: TaskFollowUp;
}

/**
 * Who submits the tasks of workflows, and answers the states that wait for them: rights of Step Functions' that never
 * go to a role which runs task code. Deployed with the first state that invokes a task.
 */
export class TaskWorkflows extends Construct {
  readonly #parts: TaskWorkflowsParts;
  #submitFunction: BundledFunction | undefined;
  #stopper: { readonly stopFunction: BundledFunction; readonly rule: Rule } | undefined;

  constructor(scope: Construct, id: string, parts: TaskWorkflowsParts) {
    super(scope, id);
    this.#parts = parts;
  }

  /** The function that states invoke, with the right to wake up the tasks of this queue. */
  submitFunction(queue: Queue): BundledFunction {
    this.#submitFunction ??= this.#newSubmitFunction();
    this.#submitFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    );
    return this.#submitFunction;
  }

  /**
   * Has the tasks of a state machine's executions stopped that end before them: aborted, timed out, or failed in
   * another branch. Those of `addWorkflow` are.
   */
  stopTasksOf(stateMachine: IStateMachine): void {
    const { stopFunction, rule } = this.#stopper ?? this.#newStopper();
    rule.addEventPattern({ detail: { stateMachineArn: [stateMachine.stateMachineArn] } });
    stateMachine.grantExecution(stopFunction, 'states:GetExecutionHistory');
    const { defaultChild } = stateMachine.node;
    if (!CfnElement.isCfnElement(defaultChild)) return;
    const ref = `{"Ref":"${Stack.of(this).getLogicalId(defaultChild)}"}`;
    acknowledge(
      stopFunction.role ?? stopFunction,
      `IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",${ref}]}]}:*]`,
      'executions get their names when they start: the right is to read those of this workflow',
    );
  }

  /** Lets a function's code answer the states that wait for its callback. */
  grantCallback(worker: BundledFunction): void {
    worker.addToRolePolicy(this.#answerWaiters());
    acknowledge(
      worker.role ?? worker,
      'IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:*]',
      'a task token does not tell which state machine it is of: the rights are to answer any of this account and region',
    );
  }

  #newStopper() {
    const stopFunction = new BundledFunction(this, 'Stop', {
      bundle: { entry: 'workflow-stop.lambda' },
      description: 'Task Mode: stops the tasks of workflows that were stopped',
      // A history has at most 25,000 events (AWS Step Functions quotas), read and stopped by ten.
      timeout: Duration.minutes(5),
      memorySize: 512,
    });
    const { taskTable, registry, followUp } = this.#parts;
    registry.grantRead(stopFunction);
    taskTable.grantMove(stopFunction);
    followUp.grantHandOver(stopFunction);
    const rule = new Rule(this, 'ExecutionEnded', {
      description: 'Task Mode: executions of workflows that have ended before their tasks',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
      },
      targets: [new LambdaFunction(stopFunction)],
    });
    this.#stopper = { stopFunction, rule };
    return this.#stopper;
  }

  #newSubmitFunction(): BundledFunction {
    const { taskTable, registry, payloadBucket, followUp } = this.#parts;
    const submitFunction = new BundledFunction(this, 'Submit', {
      bundle: { entry: 'workflow-submit.lambda' },
      description: 'Task Mode: submits the tasks of workflows',
      // A task that has just ended may take some 10 s until its first waiter is answered (MAX_TRIES in attach-task.ts).
      timeout: Duration.seconds(30),
      memorySize: 512,
    });
    registry.grantRead(submitFunction);
    taskTable.grantAttach(submitFunction);
    payloadBucket.grantRedrive(submitFunction);
    payloadBucket.grantRead(submitFunction);
    for (const grantee of [submitFunction, followUp.function]) this.grantCallback(grantee);
    return submitFunction;
  }

  /** A token tells nobody which state machine it is of, so that the rights are those to all of the account and region. */
  #answerWaiters(): PolicyStatement {
    return new PolicyStatement({
      actions: ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'],
      resources: [
        Stack.of(this).formatArn({
          service: 'states',
          resource: 'stateMachine',
          resourceName: '*',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    });
  }
}
