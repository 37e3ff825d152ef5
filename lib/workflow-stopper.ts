import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  FRESH_RETRY_RECEIVE_COUNT,
  QUEUE_RETENTION_DAYS,
  VISIBILITY_MARGIN_SECONDS,
  WORKFLOW_STOP_CONCURRENCY,
} from '../lambdas/domain/limits.ts';
import { BundledFunction } from './bundled-function.ts';

/** A history has at most 25,000 events (AWS Step Functions quotas); it is read, and its tasks are stopped, ten at once. */
const TIMEOUT = Duration.minutes(5);

export interface WorkflowStopperProps {
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Who stops the tasks of executions that ended before them. That one has ended is told by EventBridge once: a queue
 * keeps it until its tasks are stopped, and a dead-letter queue what could not be delivered or not be done.
 */
export class WorkflowStopper extends Construct {
  readonly function: BundledFunction;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { removalPolicy }: WorkflowStopperProps) {
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
      visibilityTimeout: TIMEOUT.plus(Duration.seconds(VISIBILITY_MARGIN_SECONDS)),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: FRESH_RETRY_RECEIVE_COUNT },
    });
    this.rule = new Rule(this, 'ExecutionEnded', {
      description: 'Task Mode: executions of workflows that have ended before their tasks',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
      },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetterQueue })],
    });
    this.function = new BundledFunction(this, 'Function', {
      bundle: { entry: 'workflow-stop.lambda' },
      description: 'Task Mode: stops the tasks of workflows that were stopped',
      timeout: TIMEOUT,
      memorySize: 512,
      recursiveLoop: RecursiveLoop.ALLOW,
      environment: { [ENV.queueUrl]: this.queue.queueUrl },
    });
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          // What is to be tried again is a fresh message.
          'sqs:SendMessage',
        ],
        resources: [this.queue.queueArn],
      }),
    );
    const eventSource = new EventSourceMapping(this, 'EventSource', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      reportBatchItemFailures: true,
      ...WORKFLOW_STOP_CONCURRENCY,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(this.function);
  }
}
