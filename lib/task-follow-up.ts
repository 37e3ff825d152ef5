import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  FOLLOW_UP_CONCURRENCY,
  FOLLOW_UP_RECEIVE_COUNT,
  FOLLOW_UP_RETRY_SECONDS,
  FUNCTION_NAME_PATTERN,
  QUEUE_RETENTION_DAYS,
} from '../lambdas/domain/limits.ts';
import { shownDestination } from '../lambdas/domain/shown-destination.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import { allowsLocalWebhooks, type TaskDestination } from './task-destination.ts';

/** A destination and the functions that may use it; undefined is all of them. */
interface AllowedUse {
  readonly destination: TaskDestination;
  readonly functions: ReadonlySet<string> | undefined;
}

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
  readonly #destinations = new Map<string, AllowedUse>();

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
      recursiveLoop: RecursiveLoop.ALLOW,
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
      [...this.#destinations.values()].map(({ destination: { allowed }, functions }) =>
        functions ? { ...allowed, functions: [...functions].sort() } : allowed,
      ),
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
   * Lets functions use a destination: as deployed, and by PutAsyncInvokeConfig. Repeated calls add up.
   * @param functions names of functions, deployed or not; absent for all functions
   * @throws Error when it is in another region, a webhook that is allowed already with another secret, or for names that
   * no function can have.
   */
  allow(destination: TaskDestination, functions?: readonly string[]): void {
    if (functions) checkNames(functions);
    const earlier = this.#destinations.get(destination.destination);
    if (earlier && earlier.destination.allowed.secretArn !== destination.allowed.secretArn) {
      throw new Error(`webhook ${shownDestination(destination.destination)} must have one secret, got two`);
    }
    destination.checkRegion(this);
    destination.grantDeliver(this.function);
    const isForAll = functions === undefined || (earlier && earlier.functions === undefined);
    this.#destinations.set(destination.destination, {
      destination,
      functions: isForAll ? undefined : new Set([...(earlier?.functions ?? []), ...functions]),
    });
  }
}

function checkNames(functions: readonly string[]): void {
  if (functions.length === 0) {
    throw new Error(
      'functions of allowDestination must name at least one function, or be absent for all, got []',
    );
  }
  for (const name of functions) {
    if (FUNCTION_NAME_PATTERN.test(name)) continue;
    throw new Error(`functions of allowDestination must be names of functions, got ${JSON.stringify(name)}`);
  }
}
