import { ArnFormat, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { BundledFunction } from './bundled-function.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { TaskFollowUp } from './task-follow-up.ts';
import type { TaskWorkflow } from './task-workflow.ts';
import { WorkflowApi, type WorkflowApiParts } from './workflow-api.ts';
import { WorkflowStopper } from './workflow-stopper.ts';

/** The parts of TaskMode that workflows use. */
export interface TaskWorkflowsParts extends WorkflowApiParts {
  readonly payloadBucket: PayloadBucket;
  readonly followUp: TaskFollowUp;
  /** Has an alarm watch the dead-letter queue of the stops. */
  readonly watch: (deadLetterQueue: Queue) => void;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Who submits the tasks of workflows, and answers the states that wait for them: rights of Step Functions' that never
 * go to a role which runs task code. Deployed with the first state that invokes a task.
 */
export class TaskWorkflows extends Construct {
  readonly #parts: TaskWorkflowsParts;
  readonly #api: WorkflowApi;
  #submitFunction: BundledFunction | undefined;
  #stopper: WorkflowStopper | undefined;

  constructor(scope: Construct, id: string, parts: TaskWorkflowsParts) {
    super(scope, id);
    this.#parts = parts;
    this.#api = new WorkflowApi(parts);
  }

  /** The function that states invoke, with the right to wake up the tasks of this queue. */
  submitFunction(queue: Queue): BundledFunction {
    this.#submitFunction ??= this.#newSubmitFunction();
    this.#submitFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    );
    return this.#submitFunction;
  }

  /** Who stops the tasks of executions; undefined where no Standard workflow was added. */
  get stopper(): WorkflowStopper | undefined {
    return this.#stopper;
  }

  /** Lets the API start a workflow, and has the tasks stopped that its executions leave behind. */
  add(workflow: TaskWorkflow): void {
    this.#api.add(workflow);
    // No event tells of the end of an Express execution (AWS Step Functions, status change events).
    if (!workflow.isExpress) this.#stopTasksOf(workflow);
  }

  /** Has the tasks of a workflow's executions stopped that end before them: aborted, timed out, or failed in another branch. */
  #stopTasksOf(workflow: TaskWorkflow): void {
    this.#stopper ??= this.#newStopper();
    const { function: stopFunction, rule } = this.#stopper;
    rule.addEventPattern({ detail: { stateMachineArn: [workflow.stateMachineArn] } });
    workflow.grantOnExecutions(stopFunction, 'states:GetExecutionHistory');
  }

  /** Lets a function's code answer the states that wait for its callback. */
  grantCallback(worker: BundledFunction): void {
    this.#grantAnswers(worker, [
      'states:SendTaskSuccess',
      'states:SendTaskFailure',
      'states:SendTaskHeartbeat',
    ]);
  }

  /** Lets a worker tell states that their tasks are alive: who runs the user's code can forge no result by that. */
  grantHeartbeat(worker: BundledFunction): void {
    this.#grantAnswers(worker, ['states:SendTaskHeartbeat']);
  }

  /** A token tells nobody which state machine it is of, so that the rights are those to all of the account and region. */
  #grantAnswers(grantee: BundledFunction, actions: string[]): void {
    const stateMachines = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources: [stateMachines] }));
    acknowledge(
      grantee.role ?? grantee,
      'IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:*]',
      'a task token does not tell which state machine it is of: the rights are to answer any of this account and region',
    );
  }

  #newStopper(): WorkflowStopper {
    const { taskTable, registry, followUp, watch, removalPolicy } = this.#parts;
    const stopper = new WorkflowStopper(this, 'Stop', { removalPolicy });
    watch(stopper.deadLetterQueue);
    registry.grantRead(stopper.function);
    taskTable.grantMove(stopper.function);
    followUp.grantHandOver(stopper.function);
    return stopper;
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
    followUp.grantHandOver(submitFunction);
    for (const grantee of [submitFunction, followUp.function]) this.grantCallback(grantee);
    return submitFunction;
  }
}
