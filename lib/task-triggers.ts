import { Duration, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  QUEUE_RETENTION_DAYS,
  TRIGGER_CONCURRENCY,
  TRIGGER_RECEIVE_COUNT,
  TRIGGER_RETRY_SECONDS,
} from '../lambdas/domain/limits.ts';
import { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import type { PayloadBucket } from './payload-bucket.ts';
import type { TaskAlarms } from './task-alarms.ts';
import type { TaskTable } from './task-table.ts';

/** The parts of TaskMode that triggers use. */
export interface TaskTriggersParts {
  readonly taskTable: TaskTable;
  readonly registry: FunctionRegistry;
  readonly payloadBucket: PayloadBucket;
  /** Undefined where there are none. */
  readonly alarms: TaskAlarms | undefined;
  readonly removalPolicy: RemovalPolicy;
}

interface Deployed {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly submitFunction: BundledFunction;
}

/**
 * Who submits the tasks of events and schedules. These go to one queue first: EventBridge invokes functions
 * asynchronously, and what such an invocation fails at is repeated twice within three minutes and then gone, while a
 * queue keeps it until it is submitted. What cannot be delivered to the queue, or not be submitted for an hour, is in
 * one dead-letter queue. Deployed with the first trigger.
 */
export class TaskTriggers extends Construct {
  readonly #parts: TaskTriggersParts;
  readonly #taskQueues = new Set<Queue>();
  readonly #rules: Rule[] = [];
  #deployed: Deployed | undefined;
  #scheduleRole: Role | undefined;

  constructor(scope: Construct, id: string, parts: TaskTriggersParts) {
    super(scope, id);
    this.#parts = parts;
  }

  /** Whether there is any trigger. */
  get isDeployed(): boolean {
    return this.#deployed !== undefined;
  }

  /** Where rules and schedules send what they are set off by. */
  get queue(): Queue {
    return this.#deploy().queue;
  }

  /** Where that ends up which could not be delivered or submitted. */
  get deadLetterQueue(): Queue {
    return this.#deploy().deadLetterQueue;
  }

  get submitFunction(): BundledFunction {
    return this.#deploy().submitFunction;
  }

  /** What schedules send with. */
  get scheduleRole(): Role {
    this.#scheduleRole ??= this.#newScheduleRole();
    return this.#scheduleRole;
  }

  /** Lets the tasks of a queue be submitted. */
  submitTo(taskQueue: Queue): void {
    if (this.#taskQueues.has(taskQueue)) return;
    this.#taskQueues.add(taskQueue);
    this.submitFunction.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [taskQueue.queueArn] }),
    );
  }

  /** Lets a rule send its events. One statement has all rules: a queue's policy has at most 20 (AWS SQS quotas). */
  takeFrom(rule: Rule): void {
    if (this.#rules.push(rule) > 1) return;
    const sourceArns = Lazy.list({ produce: () => this.#rules.map(({ ruleArn }) => ruleArn) });
    for (const queue of [this.queue, this.deadLetterQueue]) {
      queue.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('events.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': sourceArns } },
        }),
      );
    }
  }

  #deploy(): Deployed {
    this.#deployed ??= this.#newDeployed();
    return this.#deployed;
  }

  #newDeployed(): Deployed {
    const { taskTable, registry, payloadBucket, alarms, removalPolicy } = this.#parts;
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(QUEUE_RETENTION_DAYS),
      removalPolicy,
    };
    const deadLetterQueue = new Queue(this, 'DeadLetterQueue', common);
    const queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(TRIGGER_RETRY_SECONDS),
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: TRIGGER_RECEIVE_COUNT },
    });
    const submitFunction = new BundledFunction(this, 'Submit', {
      bundle: { entry: 'trigger-submit.lambda' },
      description: 'Task Mode: submits the tasks of events and schedules',
      timeout: Duration.seconds(30),
      memorySize: 512,
    });
    registry.grantRead(submitFunction);
    taskTable.grantCreate(submitFunction);
    payloadBucket.grantSubmit(submitFunction);
    submitFunction.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [queue.queueArn],
      }),
    );
    const eventSource = new EventSourceMapping(this, 'EventSource', {
      target: submitFunction,
      eventSourceArn: queue.queueArn,
      reportBatchItemFailures: true,
      ...TRIGGER_CONCURRENCY,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(submitFunction);
    alarms?.addTriggers(this, { deadLetterQueue });
    return { queue, deadLetterQueue, submitFunction };
  }

  #newScheduleRole(): Role {
    const stack = Stack.of(this);
    const group = { service: 'scheduler', resource: 'schedule-group', resourceName: 'default' };
    const role = new Role(this, 'ScheduleRole', {
      // Nobody else's schedules may take it (EventBridge Scheduler, confused deputy prevention).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': stack.formatArn(group) },
        },
      }),
    });
    const resources = [this.queue.queueArn, this.deadLetterQueue.queueArn];
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources }));
    return role;
  }
}
