import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Architecture, EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  MAX_RECEIVE_COUNT,
  QUEUE_RETENTION_DAYS,
  TIMEOUT_MARGIN_SECONDS,
  VISIBILITY_MARGIN_SECONDS,
} from '../lambdas/domain/limits.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { TaskApi } from './task-api.ts';
import type { TaskFollowUp } from './task-follow-up.ts';
import { type CheckedTaskFunction, checkedTaskFunction } from './task-function-check.ts';
import type { TaskSweep } from './task-sweep.ts';
import type { TaskTable } from './task-table.ts';

/** What every function that takes tasks can be told. */
export interface TaskQueueProps {
  /**
   * How long a run is believed alive without a heartbeat: 3 to 300 s. An instance that crashes is noticed about then.
   * A task that runs for longer than a sixth of it costs a write and an SQS request at every third.
   *
   * @default - 60 seconds
   */
  readonly lease?: Duration;

  /**
   * How many tasks one instance runs side by side: 1 to 10.
   *
   * @default - one task at a time
   */
  readonly instanceConcurrency?: number;

  /**
   * How many instances run at once: 2 to 1,000. Tasks at once are this times `instanceConcurrency`.
   *
   * @default - 100 instances, so that a flood leaves the account's other functions some concurrency
   */
  readonly maxConcurrency?: number;

  /**
   * Dedicated pollers (event source provisioned mode), in place of `maxConcurrency`: for functions that must follow
   * bursts within seconds or run above 1,000 at once. Costs per poller and hour, whether or not there are tasks.
   *
   * @default - AWS scales the pollers up to `maxConcurrency`
   */
  readonly pollers?: { readonly min: number; readonly max: number };

  /**
   * How often a failed attempt is repeated: 0 to 8.
   *
   * @default - 3 times
   */
  readonly maxAsyncRetryAttempts?: number;

  /**
   * How long after its due time a task may wait for its first attempt before it expires: 1 s to 7 days.
   *
   * @default - 24 hours
   */
  readonly maxAsyncEventAge?: Duration;

  /**
   * Over how many index partitions the function's tasks are spread: 1 to 64. One carries about 500 tasks/s. Can be
   * raised at any deployment.
   *
   * @default - 8
   */
  readonly shards?: number;

  /**
   * The queue that is told of each task that ended Succeeded: a standard queue of the same region. At least once, under
   * one id (message attribute `followUpId`). Its account need not be the same, where the queue's policy allows it.
   *
   * @default - nobody is told
   */
  readonly onSuccess?: IQueue;

  /**
   * The queue that is told of each task that ended Failed, Expired or Invalid: a standard queue of the same region. Of
   * a task that was stopped nobody is told.
   *
   * @default - nobody is told
   */
  readonly onFailure?: IQueue;
}

/** A function whose handler is bundled into its worker. */
export interface TaskFunctionProps extends TaskQueueProps {
  /** Path of the module that exports the task's `handler`, absolute or from the folder where the CDK app runs. */
  readonly entry: string;

  /**
   * How long one attempt may take: 1 s to 890 s. Lambda's own time-out is longer by the grace period and 5 s: for the
   * code to heed `context.signal`, and for the last write.
   *
   * @default - 60 seconds
   */
  readonly timeout?: Duration;

  /**
   * How a task is stopped whose code runs, and how code ends that takes longer than its time-out. `kill`: its signal
   * aborts, and after the grace period the process is killed, whatever the code does. `cooperative`: its signal
   * aborts, and nothing more; this needs no thread beside the code, and no 256 MB.
   *
   * @default - kill
   */
  readonly stop?: 'kill' | 'cooperative';

  /**
   * How long code that must end has to heed `context.signal` before it is killed: 0 to 60 s.
   *
   * @default - 5 seconds
   */
  readonly stopGracePeriod?: Duration;

  /**
   * Memory of an instance in MB, and with it its share of CPU: 256 to 10,240, from 128 on with cooperative stop.
   *
   * @default - 512 MB
   */
  readonly memorySize?: number;

  /**
   * Environment variables for the task's code.
   *
   * @default - none but ours
   */
  readonly environment?: Readonly<Record<string, string>>;

  /**
   * The instruction set.
   *
   * @default - arm64
   */
  readonly architecture?: Architecture;
}

/** An existing Lambda function of any runtime, which a worker of ours invokes. */
export interface ExistingFunctionProps extends TaskQueueProps {
  /**
   * How long the worker waits for an answer: 1 s to 890 s, and at least the function's own time-out.
   *
   * @default - the function's own time-out where it is known, else 60 seconds
   */
  readonly timeout?: Duration;

  /**
   * Memory of a worker in MB, which does nothing but wait: 128 to 10,240.
   *
   * @default - 256 MB
   */
  readonly memorySize?: number;
}

/** What runs the tasks: a handler of the user's, or an existing function. */
export type TaskExecutor = TaskFunctionProps | (ExistingFunctionProps & { readonly target: IFunction });

/** What a task function is deployed with: the parts of TaskMode that it uses. */
export interface TaskFunctionParts {
  readonly taskTable: TaskTable;
  readonly registry: FunctionRegistry;
  readonly payloadBucket: PayloadBucket;
  readonly api: TaskApi;
  readonly sweep: TaskSweep;
  readonly followUp: TaskFollowUp;
  readonly removalPolicy: RemovalPolicy;
}

/** A function that takes tasks: its queue and dead-letter queue, the worker with the user's handler inside, its registry row. */
export class TaskFunction extends Construct {
  readonly functionName: string;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly worker: BundledFunction;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(scope: Construct, functionName: string, props: TaskExecutor, parts: TaskFunctionParts) {
    const checked = checkedTaskFunction(functionName, props);
    super(scope, functionName);
    this.functionName = functionName;
    const lambdaTimeoutSeconds = checked.timeoutSeconds + checked.graceSeconds + TIMEOUT_MARGIN_SECONDS;
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
      ...(checked.architecture && { architecture: checked.architecture }),
      environment: {
        ...checked.environment,
        [ENV.functionName]: functionName,
        [ENV.queueUrl]: this.queue.queueUrl,
        [ENV.timeoutSeconds]: String(checked.timeoutSeconds),
        [ENV.stop]: checked.stop,
        [ENV.leaseSeconds]: String(checked.leaseSeconds),
        [ENV.stopGraceSeconds]: String(checked.graceSeconds),
        [ENV.shardCount]: String(checked.shardCount),
      },
    });
    if ('target' in props) this.#invoke(props.target);
    this.#grantWorker(parts);
    const eventSource = this.#addEventSource(checked);
    const { InvokeFunction, RedriveAsyncTask } = parts.api.functions;
    for (const sender of [InvokeFunction, RedriveAsyncTask]) {
      sender.addToRolePolicy(
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
      );
    }
    parts.sweep.grantQueues(this.queue, this.deadLetterQueue);
    parts.followUp.grantHandOver(this.worker);
    for (const destination of [props.onSuccess, props.onFailure]) {
      if (destination) parts.followUp.grantDeliver(destination);
    }
    parts.registry.register(this, 'Registration', {
      functionName,
      functionArn: this.worker.functionArn,
      queueUrl: this.queue.queueUrl,
      deadLetterQueueUrl: this.deadLetterQueue.queueUrl,
      eventSourceId: eventSource.eventSourceMappingId,
      shardCount: checked.shardCount,
      defaults: checked.defaults,
    });
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

  #grantWorker({ taskTable, payloadBucket }: TaskFunctionParts): void {
    taskTable.grantRun(this.worker, this.functionName);
    payloadBucket.grantRun(this.worker, this.functionName);
    this.worker.addToRolePolicy(
      new PolicyStatement({
        // Receive and attributes are for the event source, which reads the queue with the worker's role; send is for
        // retries that wait longer than a message may be hidden.
        actions: [
          'sqs:SendMessage',
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ChangeMessageVisibility',
        ],
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
