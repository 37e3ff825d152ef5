import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  FOLLOW_UP_CONCURRENCY,
  FOLLOW_UP_RECEIVE_COUNT,
  FOLLOW_UP_RETRY_SECONDS,
  QUEUE_RETENTION_DAYS,
} from '../lambdas/domain/limits.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import { allowsLocalWebhooks, type TaskDestination } from './task-destination.ts';

export interface TaskFollowUpProps {
  readonly removalPolicy: RemovalPolicy;
  readonly registry: FunctionRegistry;
}

/**
 * Who tells destinations how tasks ended: one queue and one function for all task functions, so that the rights to
 * destinations stay out of the roles that run user code, and a dead destination holds no worker.
 */
export class TaskFollowUp extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly function: BundledFunction;
  /** By destination, since several functions can have the same. */
  readonly #destinations = new Map<string, TaskDestination>();

  constructor(scope: Construct, id: string, { removalPolicy, registry }: TaskFollowUpProps) {
    super(scope, id);
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(QUEUE_RETENTION_DAYS),
      removalPolicy,
    };
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // Longer than the function's time-out, and the pause before a destination is tried again.
      visibilityTimeout: Duration.seconds(FOLLOW_UP_RETRY_SECONDS),
      // The function itself ends a message after its fifth try: a row says what is to be done then, and the sweep sends a
      // fresh one. What ends up here says that rows cannot be read or written, and is taken back by the sweep.
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: FOLLOW_UP_RECEIVE_COUNT },
    });
    this.function = new BundledFunction(this, 'Function', {
      bundle: { entry: 'follow-up.lambda' },
      description: 'Task Mode: tells destinations how tasks ended',
      // A webhook (15 s) between four calls to AWS, each over after some 6 s at the worst (CALL in lambdas/aws/clients.ts).
      timeout: Duration.seconds(45),
      // Ten payloads and results of 1 MiB at once.
      memorySize: 512,
    });
    if (allowsLocalWebhooks(this)) this.function.addEnvironment(ENV.allowsLocalWebhooks, 'true');
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queue.queueArn],
      }),
    );
    const eventSource = new EventSourceMapping(this, 'EventSource', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      reportBatchItemFailures: true,
      ...FOLLOW_UP_CONCURRENCY,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(this.function);
    registry.registerDestinations(this, 'Destinations', () =>
      [...this.#destinations.values()].map(({ allowed }) => allowed),
    );
  }

  /** Lets a function that ends tasks hand them over. */
  grantHandOver(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.followUpQueueUrl, this.queue.queueUrl);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
  }

  /** Lets the sweep take back what could neither be delivered nor noted. */
  grantTakeBack(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.followUpDeadLetterQueueUrl, this.deadLetterQueue.queueUrl);
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
        resources: [this.deadLetterQueue.queueArn],
      }),
    );
  }

  /**
   * Lets a destination be told, and be named at run time.
   * @throws Error when it is in another region, or a webhook that is allowed already with another secret.
   */
  allow(destination: TaskDestination): void {
    const earlier = this.#destinations.get(destination.destination);
    if (earlier && earlier.allowed.secretArn !== destination.allowed.secretArn) {
      throw new Error(`webhook ${destination.destination} must have one secret, got two`);
    }
    destination.checkRegion(this);
    destination.grantDeliver(this.function);
    this.#destinations.set(destination.destination, destination);
  }
}
