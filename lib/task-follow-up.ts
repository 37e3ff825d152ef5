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
  WEBHOOK_CONCURRENCY,
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
 * Answers workflows and tells destinations how tasks ended, for all task functions, so that the rights to destinations stay
 * out of the roles that run user code, and a dead destination holds no worker.
 *
 * Webhooks have a queue and a function of their own: receivers that hang hold up neither workflows nor destinations within
 * AWS. It has the secrets, and no right to any other destination.
 */
export class TaskFollowUp extends Construct {
  readonly queue: Queue;
  readonly webhookQueue: Queue;
  readonly deadLetterQueue: Queue;
  readonly function: BundledFunction;
  readonly webhookFunction: BundledFunction;
  readonly #removalPolicy: RemovalPolicy;
  /** By destination, since several functions can have the same. */
  readonly #destinations = new Map<string, AllowedUse>();

  constructor(scope: Construct, id: string, { removalPolicy, registry }: TaskFollowUpProps) {
    super(scope, id);
    this.#removalPolicy = removalPolicy;
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', this.#queueProps());
    this.queue = this.#newQueue('Queue');
    this.webhookQueue = this.#newQueue('WebhookQueue');
    this.function = new BundledFunction(this, 'Function', {
      bundle: { entry: 'follow-up.lambda' },
      description: 'Task Mode: answers workflows and tells destinations how tasks ended',
      environment: { [ENV.webhookQueueUrl]: this.webhookQueue.queueUrl },
      // Seven calls to AWS one after the other, each over after some 6 s at the worst (CALL in lambdas/aws/clients.ts).
      timeout: Duration.seconds(45),
      // Ten payloads and results of 1 MiB at once.
      memorySize: 512,
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    this.webhookFunction = new BundledFunction(this, 'WebhookFunction', {
      bundle: { entry: 'webhook.lambda' },
      description: 'Task Mode: tells webhooks how tasks ended',
      ...(allowsLocalWebhooks(this) && { environment: { [ENV.allowsLocalWebhooks]: 'true' } }),
      // A webhook (15 s) between five calls to AWS.
      timeout: Duration.seconds(45),
      memorySize: 512,
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    this.#consume(this.function, this.queue, FOLLOW_UP_CONCURRENCY);
    this.#consume(this.webhookFunction, this.webhookQueue, WEBHOOK_CONCURRENCY);
    this.#grantSend(this.function, this.webhookQueue);
    registry.registerDestinations(this, 'Destinations', () =>
      [...this.#destinations.values()].map(({ destination: { allowed }, functions }) =>
        functions ? { ...allowed, functions: [...functions].sort() } : allowed,
      ),
    );
  }

  /** Both functions: each reads rows and texts, and notes how deliveries went. */
  get functions(): readonly BundledFunction[] {
    return [this.function, this.webhookFunction];
  }

  #queueProps() {
    return {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(QUEUE_RETENTION_DAYS),
      removalPolicy: this.#removalPolicy,
    };
  }

  #newQueue(id: string): Queue {
    return new Queue(this, id, {
      ...this.#queueProps(),
      // Longer than the time-out of its function.
      visibilityTimeout: Duration.seconds(FOLLOW_UP_RETRY_SECONDS),
      // Messages are done once they are handled. What ends up here says that rows cannot be read or written, or messages not
      // be sent; the sweep takes it back.
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: FOLLOW_UP_RECEIVE_COUNT },
    });
  }

  /** Lets a function handle the messages of a queue, and send those there that follow them. */
  #consume(
    consumer: BundledFunction,
    queue: Queue,
    concurrency: { readonly batchSize: number; readonly maxConcurrency: number },
  ): void {
    consumer.addEnvironment(ENV.queueUrl, queue.queueUrl);
    consumer.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
        resources: [queue.queueArn],
      }),
    );
    const eventSource = new EventSourceMapping(this, `${queue.node.id.replace('Queue', '')}EventSource`, {
      target: consumer,
      eventSourceArn: queue.queueArn,
      reportBatchItemFailures: true,
      ...concurrency,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(consumer);
  }

  #grantSend(grantee: LambdaFunction, queue: Queue): void {
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
    );
  }

  /** Lets a function that ends tasks hand them over. */
  grantHandOver(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.followUpQueueUrl, this.queue.queueUrl);
    this.#grantSend(grantee, this.queue);
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
    destination.grantDeliver(destination.isWebhook ? this.webhookFunction : this.function);
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
