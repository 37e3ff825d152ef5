import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';

const INTERVAL = Duration.minutes(1);

/** A minute that was missed is made up for by the next, and queued up ones would only do the same again. */
const NO_REPEAT = { retryAttempts: 0, maxEventAge: INTERVAL };

/** The function that repairs, every minute, tasks that nothing else makes progress on: overdue, lost, dead, or of a removed function. */
export class TaskSweep extends Construct {
  readonly function: BundledFunction;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.function = new BundledFunction(this, 'Function', {
      bundle: { entry: 'sweep.lambda' },
      description: 'Task Mode: the sweep of every minute',
      // Its lanes end after 45 s (SWEEP_LANES), and it then finishes what it has begun.
      timeout: Duration.seconds(60),
      // One vCPU: a wake-up takes 0.7 ms of it. Memory is not what it needs: 320 MB (npm run bench:sweep).
      memorySize: 1769,
    });
    // Lambda's own repeats of an event that failed, beside those of the rule's delivery.
    this.function.configureAsyncInvoke(NO_REPEAT);
    new Rule(this, 'EveryMinute', {
      description: 'Task Mode: starts the sweep',
      schedule: Schedule.rate(INTERVAL),
      targets: [new LambdaFunction(this.function, NO_REPEAT)],
    });
  }

  /** Lets the sweep send a function's wake-ups, and take its messages back from its dead-letter queue. */
  grantQueues(queue: Queue, deadLetterQueue: Queue): void {
    this.#grant(['sqs:SendMessage', 'sqs:GetQueueAttributes'], queue);
    this.#grant(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], deadLetterQueue);
  }

  #grant(actions: string[], queue: Queue): void {
    this.function.addToRolePolicy(new PolicyStatement({ actions, resources: [queue.queueArn] }));
  }
}
