import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  BULK_CONCURRENCY,
  BULK_TIMEOUT_SECONDS,
  FRESH_RETRY_RECEIVE_COUNT,
  QUEUE_RETENTION_DAYS,
  VISIBILITY_MARGIN_SECONDS,
} from '../lambdas/domain/limits.ts';
import { BundledFunction } from './bundled-function.ts';

export interface BulkJobsProps {
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Who does bulk jobs: one queue and one function for all task functions. It has rights over all tasks, and runs no code of
 * a user.
 */
export class BulkJobs extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly function: BundledFunction;

  constructor(scope: Construct, id: string, { removalPolicy }: BulkJobsProps) {
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
      visibilityTimeout: Duration.seconds(BULK_TIMEOUT_SECONDS + VISIBILITY_MARGIN_SECONDS),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: FRESH_RETRY_RECEIVE_COUNT },
    });
    this.function = new BundledFunction(this, 'Function', {
      bundle: { entry: 'bulk-job.lambda' },
      description: 'Task Mode: does bulk jobs',
      timeout: Duration.seconds(BULK_TIMEOUT_SECONDS),
      // Some hundred tasks a second take half a CPU.
      memorySize: 1024,
      recursiveLoop: RecursiveLoop.ALLOW,
      environment: { [ENV.bulkJobQueueUrl]: this.queue.queueUrl },
    });
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          // A job that goes on has a fresh message.
          'sqs:SendMessage',
        ],
        resources: [this.queue.queueArn],
      }),
    );
    const eventSource = new EventSourceMapping(this, 'EventSource', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      reportBatchItemFailures: true,
      ...BULK_CONCURRENCY,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(this.function);
  }

  /** Lets a function have jobs worked on. */
  grantSend(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.bulkJobQueueUrl, this.queue.queueUrl);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
    );
  }
}
