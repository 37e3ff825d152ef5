import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type IFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionAlarmName } from '../lambdas/domain/alarm-name.ts';
import { ENV } from '../lambdas/domain/env.ts';
import {
  MAX_RECEIVE_COUNT,
  QUEUE_RETENTION_DAYS,
  VISIBILITY_MARGIN_SECONDS,
} from '../lambdas/domain/limits.ts';
import type { FunctionMetricName } from '../lambdas/domain/metrics.ts';
import type { BulkJobs } from './bulk-jobs.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { DeployedAlarms, TaskAlarms } from './task-alarms.ts';
import type { TaskApi } from './task-api.ts';
import type { TaskDashboard } from './task-dashboard.ts';
import type { TaskFollowUp } from './task-follow-up.ts';
import { type CheckedTaskFunction, checkedTaskFunction } from './task-function-check.ts';
import type { TaskExecutor } from './task-function-props.ts';
import { functionMetric } from './task-metrics.ts';
import type { TaskSweep } from './task-sweep.ts';
import type { TaskTable } from './task-table.ts';
import type { TaskWorkflows } from './task-workflows.ts';

/** What a task function is deployed with: the parts of TaskMode that it uses. */
export interface TaskFunctionParts {
  readonly taskTable: TaskTable;
  readonly registry: FunctionRegistry;
  readonly payloadBucket: PayloadBucket;
  readonly api: TaskApi;
  readonly sweep: TaskSweep;
  readonly followUp: TaskFollowUp;
  readonly bulkJobs: BulkJobs;
  readonly workflows: TaskWorkflows;
  readonly alarms: TaskAlarms | undefined;
  readonly dashboard: TaskDashboard | undefined;
  readonly removalPolicy: RemovalPolicy;
}

/** A function that takes tasks: its queue and dead-letter queue, the worker with the user's handler inside, its registry row. */
export class TaskFunction extends Construct {
  readonly functionName: string;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly worker: BundledFunction;
  /** How long a run is believed alive without a heartbeat. */
  readonly leaseSeconds: number;
  readonly #workflows: TaskWorkflows;
  /** By the names under which they are set; empty without alarms. */
  readonly alarms: DeployedAlarms<FunctionAlarmName>;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(scope: Construct, functionName: string, props: TaskExecutor, parts: TaskFunctionParts) {
    const checked = checkedTaskFunction(functionName, props);
    super(scope, functionName);
    this.functionName = functionName;
    this.leaseSeconds = checked.leaseSeconds;
    this.#workflows = parts.workflows;
    const { lambdaTimeoutSeconds } = checked;
    this.deadLetterQueue = this.#queue('DeadLetterQueue', parts, {});
    this.queue = this.#queue('Queue', parts, {
      visibilityTimeout: Duration.seconds(lambdaTimeoutSeconds + VISIBILITY_MARGIN_SECONDS),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.worker = new BundledFunction(this, 'Worker', {
      bundle: checked.bundle,
      description: `Task function ${functionName}`,
      timeout: Duration.seconds(lambdaTimeoutSeconds),
      memorySize: checked.memorySize,
      recursiveLoop: RecursiveLoop.ALLOW,
      ...(checked.architecture && { architecture: checked.architecture }),
      hasInsights: props.insights ?? false,
      environment: {
        ...checked.environment,
        [ENV.functionName]: functionName,
        [ENV.queueUrl]: this.queue.queueUrl,
        [ENV.timeoutSeconds]: String(checked.timeoutSeconds),
        [ENV.stop]: checked.stop,
        [ENV.leaseSeconds]: String(checked.leaseSeconds),
        [ENV.hasHeartbeats]: String(checked.hasHeartbeats),
        [ENV.stopGraceSeconds]: String(checked.graceSeconds),
        [ENV.shardCount]: String(checked.shardCount),
      },
    });
    if ('target' in props) this.#invoke(props.target);
    this.#grantWorker(parts);
    const eventSource = this.#addEventSource(checked);
    const { InvokeFunction, SubmitAsyncTasks, RedriveAsyncTask, ListFunctions, ExplainAsyncTask } =
      parts.api.functions;
    for (const sender of [InvokeFunction, SubmitAsyncTasks, RedriveAsyncTask, parts.bulkJobs.function]) {
      sender.addToRolePolicy(
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
      );
    }
    for (const counter of [ListFunctions, ExplainAsyncTask]) {
      counter.addToRolePolicy(
        new PolicyStatement({ actions: ['sqs:GetQueueAttributes'], resources: [this.queue.queueArn] }),
      );
    }
    InvokeFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.worker.functionArn] }),
    );
    parts.api.functions.GetAsyncTaskLogs.addToRolePolicy(
      new PolicyStatement({
        actions: ['logs:FilterLogEvents'],
        resources: [this.worker.logGroup.logGroupArn],
      }),
    );
    parts.sweep.grantQueues(this.queue, this.deadLetterQueue);
    this.#grantConcurrency(eventSource, parts);
    parts.followUp.grantHandOver(this.worker);
    for (const destination of [props.onSuccess, props.onFailure]) {
      if (destination) parts.followUp.allow(destination, [functionName]);
    }
    parts.registry.register(this, 'Registration', {
      functionName,
      functionArn: this.worker.functionArn,
      queueUrl: this.queue.queueUrl,
      deadLetterQueueUrl: this.deadLetterQueue.queueUrl,
      eventSourceId: eventSource.eventSourceMappingId,
      logGroupName: this.worker.logGroup.logGroupName,
      shardCount: checked.shardCount,
      defaults: checked.defaults,
      scaling: checked.scaling,
      instanceConcurrency: checked.instanceConcurrency,
    });
    this.alarms = this.#addAlarms(checked, props, parts);
    parts.dashboard?.addFunction({
      ...this.#subject(checked),
      alarms: this.alarms,
    });
  }

  /** One of the function's metrics, such as `QueueWait`, for alarms and dashboards of your own. */
  metric(metricName: FunctionMetricName, options: MetricOptions = {}): Metric {
    return functionMetric(this, this.functionName, metricName, options);
  }

  #addAlarms(
    checked: CheckedTaskFunction,
    { alarms = {} }: TaskExecutor,
    parts: TaskFunctionParts,
  ): DeployedAlarms<FunctionAlarmName> {
    if (alarms === false || !parts.alarms) return new Map();
    return parts.alarms.addFunction(this, this.#subject(checked), alarms);
  }

  #subject({ timeoutSeconds }: CheckedTaskFunction) {
    const { functionName, queue, deadLetterQueue, worker } = this;
    return { functionName, queue, deadLetterQueue, worker, timeoutSeconds };
  }

  /** What a state of a workflow invokes to have a task of this function run. */
  get workflowSubmit(): BundledFunction {
    return this.#workflows.submitFunction(this.queue);
  }

  /** Lets its worker tell the states that wait for its tasks that these are alive, and nothing else. */
  grantHeartbeat(): void {
    this.#workflows.grantHeartbeat(this.worker);
  }

  /** Lets the code of its tasks answer the states that wait for its callback. */
  grantCallback(): void {
    this.#workflows.grantCallback(this.worker);
  }

  /** Lets the worker invoke the existing function, which needs no permission of its own for that. */
  #invoke({ functionArn }: IFunction): void {
    this.worker.addEnvironment(ENV.targetArn, functionArn);
    this.worker.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
  }

  #queue(id: string, { removalPolicy }: TaskFunctionParts, props: QueueProps): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(QUEUE_RETENTION_DAYS),
      removalPolicy,
      ...props,
    });
  }

  /** Who changes how many tasks run at once, and who sees to it that this holds. */
  #grantConcurrency({ eventSourceMappingArn }: EventSourceMapping, { api, sweep }: TaskFunctionParts): void {
    const { PutConcurrencyConfig, GetConcurrencyConfig, DeleteConcurrencyConfig } = api.functions;
    const grant = (grantee: BundledFunction, ...actions: string[]) =>
      grantee.addToRolePolicy(new PolicyStatement({ actions, resources: [eventSourceMappingArn] }));
    grant(GetConcurrencyConfig, 'lambda:GetEventSourceMapping');
    grant(PutConcurrencyConfig, 'lambda:UpdateEventSourceMapping');
    grant(DeleteConcurrencyConfig, 'lambda:UpdateEventSourceMapping');
    grant(sweep.function, 'lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping');
  }

  #grantWorker({ taskTable, payloadBucket }: TaskFunctionParts): void {
    taskTable.grantRun(this.worker, this.functionName);
    payloadBucket.grantRun(this.worker, this.functionName);
    this.worker.addToRolePolicy(
      new PolicyStatement({
        // Receive and attributes are for the event source, which reads the queue with the worker's role; send is for
        // the wake-ups of tasks that wait again.
        actions: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queue.queueArn],
      }),
    );
  }

  #addEventSource({ instanceConcurrency, scaling }: CheckedTaskFunction): EventSourceMapping {
    const eventSource = new EventSourceMapping(this, 'EventSource', {
      target: this.worker,
      eventSourceArn: this.queue.queueArn,
      batchSize: instanceConcurrency,
      // Also keeps the event source from polling less after a failed invocation (AWS Lambda, SQS error handling).
      reportBatchItemFailures: true,
      ...scaling,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(this.worker);
    return eventSource;
  }
}
