import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { API_URL_DESCRIPTION } from '../lambdas/domain/stack-output.ts';
import { BulkJobs } from './bulk-jobs.ts';
import { setTracing } from './bundled-function.ts';
import { FunctionRegistry } from './function-registry.ts';
import { PayloadBucket } from './payload-bucket.ts';
import { SubmitLimit, type SubmitRateProps } from './submit-limit.ts';
import { TaskAlarms, type TaskAlarmsProps } from './task-alarms.ts';
import { TaskApi, type TaskApiProps } from './task-api.ts';
import { TaskDashboard } from './task-dashboard.ts';
import type { TaskDestination } from './task-destination.ts';
import { TaskFollowUp } from './task-follow-up.ts';
import { TaskFunction, type TaskFunctionParts } from './task-function.ts';
import type { ExistingFunctionProps, TaskFunctionProps } from './task-function-props.ts';
import { grantReadMetrics } from './task-metrics.ts';
import { TaskSweep } from './task-sweep.ts';
import { TaskTable } from './task-table.ts';
import { TaskTrigger, type TaskTriggerProps } from './task-trigger.ts';
import { TaskTriggers } from './task-triggers.ts';
import { TaskWorkflow, type TaskWorkflowProps } from './task-workflow.ts';
import { TaskWorkflows } from './task-workflows.ts';

export interface TaskModeProps extends TaskApiProps {
  /**
   * What becomes of the tables, the queues, the bucket and the access keys when the stack is removed. With `DESTROY` the bucket is
   * emptied first.
   *
   * @default - they are kept
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How fast each caller may submit. Above it, InvokeFunction answers 429.
   *
   * @default - as fast as it can
   */
  readonly submitRate?: SubmitRateProps;

  /**
   * Alarms, and who is told of them. About $1.60 a function and month, and $1.60 for what all share.
   *
   * @default - all alarms with their default thresholds, published to a topic that nobody has subscribed to
   */
  readonly alarms?: TaskAlarmsProps | false;

  /**
   * Whether there is a page of CloudWatch for all functions, which costs $3 a month.
   *
   * @default - there is
   */
  readonly dashboard?: boolean;

  /**
   * Whether the functions are traced by AWS X-Ray, those that run tasks too. Of requests and batches without a trace of
   * their own, Lambda samples one a second and 5 % of the rest.
   *
   * @default true
   */
  readonly tracing?: boolean;
}

/** Options of `TaskMode.allowDestination`. */
export interface AllowDestinationOptions {
  /**
   * Names of the functions that may use the destination. They need not exist: the last tasks of a function that was
   * removed still have its destinations.
   *
   * @default - all functions
   */
  readonly functions?: readonly string[];
}

/** Task mode in one construct: the API, the tables and the bucket. `addFunction` adds the functions that take tasks. */
export class TaskMode extends Construct {
  readonly api: TaskApi;
  readonly taskTable: TaskTable;
  readonly registry: FunctionRegistry;
  readonly payloadBucket: PayloadBucket;
  readonly sweep: TaskSweep;
  readonly followUp: TaskFollowUp;
  readonly bulkJobs: BulkJobs;
  readonly workflows: TaskWorkflows;
  readonly triggers: TaskTriggers;
  /** Undefined with `alarms: false`. */
  readonly alarms: TaskAlarms | undefined;
  /** Undefined with `dashboard: false`. */
  readonly dashboard: TaskDashboard | undefined;
  /** The API's address, such as `https://abc123.execute-api.us-east-1.amazonaws.com`. */
  readonly url: string;
  readonly #removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: TaskModeProps = {}) {
    super(scope, id);
    setTracing(this, props.tracing ?? true);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.#removalPolicy = removalPolicy;
    this.taskTable = new TaskTable(this, 'Tasks', { removalPolicy });
    this.registry = new FunctionRegistry(this, 'Functions', { removalPolicy });
    this.payloadBucket = new PayloadBucket(this, 'Payloads', { removalPolicy });
    this.api = new TaskApi(this, 'Api', {
      ...(props.auth !== undefined && { auth: props.auth }),
      ...(props.accessKeys !== undefined && { accessKeys: props.accessKeys }),
      ...(props.requestRate !== undefined && { requestRate: props.requestRate }),
      removalPolicy,
    });
    this.sweep = new TaskSweep(this, 'Sweep');
    this.followUp = new TaskFollowUp(this, 'FollowUp', { removalPolicy, registry: this.registry });
    this.bulkJobs = new BulkJobs(this, 'BulkJobs', { removalPolicy });
    const { taskTable, registry, payloadBucket, followUp, api } = this;
    const shared = { taskTable, registry, payloadBucket, removalPolicy };
    this.workflows = new TaskWorkflows(this, 'Workflows', {
      ...{ ...shared, followUp, api },
      watch: (deadLetterQueue) => this.alarms?.addPart('workflowStopDeadLetters', deadLetterQueue),
    });
    this.url = this.api.api.apiEndpoint;
    this.#connectApi();
    if (props.submitRate) {
      const submitLimit = new SubmitLimit(this, 'SubmitLimit', props.submitRate);
      submitLimit.grantLimit(this.api.functions.InvokeFunction);
      submitLimit.grantLimit(this.api.functions.SubmitAsyncTasks);
    }
    this.#connectSweep();
    this.#connectFollowUp();
    this.#connectBulkJobs();
    this.alarms = props.alarms === false ? undefined : this.#addAlarms(props.alarms ?? {});
    this.dashboard = props.dashboard === false ? undefined : this.#addDashboard();
    this.triggers = new TaskTriggers(this, 'Triggers', { ...shared, alarms: this.alarms });
    new CfnOutput(this, 'Url', { value: this.url, description: API_URL_DESCRIPTION });
  }

  /**
   * Adds a function that takes tasks, under the name that callers use.
   * @throws Error at synth, naming property, value and what is wanted.
   */
  addFunction(functionName: string, props: TaskFunctionProps): TaskFunction {
    return new TaskFunction(this, functionName, props, this.#parts());
  }

  /**
   * Has an existing Lambda function take tasks, of any runtime and unchanged. A worker of ours invokes it and waits. It
   * cannot be cancelled: a stop ends the waiting, and what the function does or answers from then on counts no more.
   * @throws Error at synth, naming property, value and what is wanted.
   */
  addExistingFunction(
    functionName: string,
    target: IFunction,
    props: ExistingFunctionProps = {},
  ): TaskFunction {
    return new TaskFunction(this, functionName, { ...props, target }, this.#parts());
  }

  /**
   * Adds a workflow over tasks, under the name by which the API starts it. The tasks of an execution that is stopped,
   * times out or fails are stopped with it.
   * @throws Error at synth, naming what is wrong and what is wanted.
   */
  addWorkflow(workflowName: string, props: TaskWorkflowProps): TaskWorkflow {
    const workflow = new TaskWorkflow(this.workflows, workflowName, props);
    this.workflows.add(workflow);
    return workflow;
  }

  /**
   * Has a task submitted for each event that matches a pattern, or at each time of a schedule. What is delivered twice
   * runs once.
   * @throws Error at synth, naming property, value and what is wanted.
   */
  addTrigger(id: string, props: TaskTriggerProps): TaskTrigger {
    if (props.taskFunction.node.scope !== this) {
      throw new Error(
        `taskFunction of trigger "${id}" must be one of ${this.node.path}, got ${props.taskFunction.node.path}`,
      );
    }
    return new TaskTrigger(this.triggers, id, props);
  }

  /**
   * Lets PutAsyncInvokeConfig name a destination. The `onSuccess` and `onFailure` of a function are allowed already, for
   * that function.
   * @throws Error at synth when the destination is in another region, has a second secret, or `functions` is empty or
   * holds what cannot be a function's name.
   */
  allowDestination(destination: TaskDestination, { functions }: AllowDestinationOptions = {}): void {
    this.followUp.allow(destination, functions);
  }

  #parts(): TaskFunctionParts {
    return {
      taskTable: this.taskTable,
      registry: this.registry,
      payloadBucket: this.payloadBucket,
      api: this.api,
      sweep: this.sweep,
      followUp: this.followUp,
      bulkJobs: this.bulkJobs,
      workflows: this.workflows,
      alarms: this.alarms,
      dashboard: this.dashboard,
      removalPolicy: this.#removalPolicy,
    };
  }

  #addAlarms(props: TaskAlarmsProps): TaskAlarms {
    return new TaskAlarms(
      this,
      'Alarms',
      { ...props, removalPolicy: this.#removalPolicy },
      {
        apiId: this.api.api.apiId,
        followUpDeadLetterQueue: this.followUp.deadLetterQueue,
        bulkJobDeadLetterQueue: this.bulkJobs.deadLetterQueue,
      },
    );
  }

  #addDashboard(): TaskDashboard {
    const { alarms } = this;
    return new TaskDashboard(this, 'Dashboard', {
      apiId: this.api.api.apiId,
      alarms: alarms?.shared ?? new Map(),
      statuses: alarms?.ofNoFunction ?? [],
      runbookUrl: alarms?.runbookUrl,
    });
  }

  #connectSweep(): void {
    this.taskTable.grantSweep(this.sweep.function);
    this.registry.grantSweep(this.sweep.function);
    this.payloadBucket.grantKeepEnds(this.sweep.function);
    this.followUp.grantHandOver(this.sweep.function);
    this.followUp.grantTakeBack(this.sweep.function);
    this.bulkJobs.grantSend(this.sweep.function);
  }

  #connectFollowUp(): void {
    for (const handler of this.followUp.functions) {
      this.taskTable.grantFollowUp(handler);
      this.registry.grantRead(handler);
      this.payloadBucket.grantRead(handler);
    }
  }

  #connectBulkJobs(): void {
    const { taskTable, bulkJobs } = this;
    const { StartBulkJob, GetBulkJob, ListBulkJobs, StopBulkJob } = this.api.functions;
    taskTable.grantBulkJobs(StartBulkJob, 'PutItem', 'GetItem');
    taskTable.grantCount(StartBulkJob);
    bulkJobs.grantSend(StartBulkJob);
    taskTable.grantBulkJobs(GetBulkJob, 'GetItem');
    taskTable.grantListBulkJobs(ListBulkJobs);
    taskTable.grantBulkJobs(StopBulkJob, 'GetItem', 'UpdateItem');
    taskTable.grantBulkWork(bulkJobs.function);
    this.registry.grantRead(bulkJobs.function);
    this.payloadBucket.grantRedrive(bulkJobs.function);
    this.followUp.grantHandOver(bulkJobs.function);
  }

  #connectApi(): void {
    const {
      InvokeFunction,
      SubmitAsyncTasks,
      GetAsyncTask,
      ListAsyncTasks,
      StopAsyncTask,
      RedriveAsyncTask,
    } = this.api.functions;
    const { GetOpenApi: _, ...reading } = this.api.functions;
    for (const handler of Object.values(reading)) this.registry.grantRead(handler);
    for (const submitter of [InvokeFunction, SubmitAsyncTasks]) {
      this.taskTable.grantCreate(submitter);
      this.payloadBucket.grantSubmit(submitter);
    }
    this.taskTable.grantRead(GetAsyncTask);
    this.payloadBucket.grantRead(GetAsyncTask);
    this.taskTable.grantRead(this.api.functions.ExplainAsyncTask);
    this.taskTable.grantCount(this.api.functions.ExplainAsyncTask);
    this.taskTable.grantRead(this.api.functions.GetAsyncTaskLogs);
    this.taskTable.grantList(ListAsyncTasks);
    this.payloadBucket.grantRead(ListAsyncTasks);
    this.taskTable.grantMove(StopAsyncTask);
    for (const handler of [StopAsyncTask, RedriveAsyncTask]) this.followUp.grantHandOver(handler);
    this.taskTable.grantMove(RedriveAsyncTask);
    this.payloadBucket.grantRedrive(RedriveAsyncTask);
    grantReadMetrics(this.api.functions.GetAsyncMetrics);
    this.#connectConfigApi();
  }

  #connectConfigApi(): void {
    const { functions } = this.api;
    this.registry.grantSet(functions.PutAsyncInvokeConfig, 'runtimeConfig');
    this.registry.grantSet(functions.DeleteAsyncInvokeConfig, 'runtimeConfig');
    this.registry.grantList(functions.ListFunctions);
    this.taskTable.grantCount(functions.ListFunctions);
    this.registry.grantList(functions.ListAsyncInvokeConfigs);
    this.registry.grantSet(functions.PutConcurrencyConfig, 'runtimeConcurrency');
    this.registry.grantSet(functions.DeleteConcurrencyConfig, 'runtimeConcurrency');
    this.registry.grantList(functions.ListConcurrencyConfigs);
  }
}
