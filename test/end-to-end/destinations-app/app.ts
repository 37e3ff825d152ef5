import { App, Stack } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { TaskDestination, TaskMode } from '../../../lib/index.ts';

// A function for each kind of destination that is told of its successes.
const stack = new Stack(new App(), 'Destinations');
const taskMode = new TaskMode(stack, 'TaskMode');

const topic = new Topic(stack, 'Topic');
topic.addSubscription(new SqsSubscription(new Queue(stack, 'ByTopic'), { rawMessageDelivery: true }));

const bus = new EventBus(stack, 'Bus');
new Rule(stack, 'Ends', {
  eventBus: EventBus.fromEventBusArn(stack, 'SameBus', bus.eventBusArn),
  eventPattern: {
    source: ['task-mode'],
    detailType: ['Task Succeeded'],
    detail: { requestContext: { functionName: [{ prefix: 'told-' }] } },
  },
  targets: [new SqsQueue(new Queue(stack, 'ByBus'))],
});

const receiver = new LambdaFunction(stack, 'Receiver', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'receiver.handler',
  code: Code.fromAsset('receiver'),
});

const secret = new Secret(stack, 'Hook', {
  generateSecretString: { passwordLength: 32, excludePunctuation: true },
});

const destinations = {
  topic: TaskDestination.topic(topic),
  function: TaskDestination.function(receiver),
  'event-bus': TaskDestination.eventBus(bus),
  webhook: TaskDestination.webhook(process.env.HOOK_URL ?? '', { secret }),
};
for (const [kind, onSuccess] of Object.entries(destinations)) {
  taskMode.addFunction(`told-${kind}`, { entry: '../../../examples/echo.ts', onSuccess });
}

// Which nobody is told of, until somebody says so at run time.
taskMode.addFunction('told-later', { entry: '../../../examples/echo.ts' });
const later = new Queue(stack, 'Later');
taskMode.allowDestination(TaskDestination.queue(later));
