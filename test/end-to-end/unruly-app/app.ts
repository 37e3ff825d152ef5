import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Code, type FunctionProps, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { TaskDestination, TaskMode } from '../../../lib/index.ts';

const GONE = 'arn:aws:lambda:us-east-1:000000000000:function:gone';

// Functions that misbehave, with times short enough to wait for.
const stack = new Stack(new App(), 'Unruly');
// So many functions with alarms would be more than the 500 resources that CloudFormation allows a stack.
const taskMode = new TaskMode(stack, 'TaskMode', { alarms: false });
const queue = { lease: Duration.seconds(3), maxAsyncRetryAttempts: 1 };
const short = {
  ...queue,
  timeout: Duration.seconds(2),
  stopGracePeriod: Duration.seconds(1),
};

taskMode.addFunction('unruly', { entry: 'unruly.ts', ...short });
taskMode.addFunction('unruly-once', { entry: 'unruly.ts', ...short, maxAsyncRetryAttempts: 0 });
taskMode.addFunction('crowd', {
  entry: 'unruly.ts',
  ...short,
  timeout: Duration.seconds(60),
  instanceConcurrency: 3,
  maxConcurrency: 2,
});
taskMode.addFunction('shared', { entry: 'unruly.ts', ...short, maxConcurrency: 2 });
// Its Lambda time-out is long enough for heartbeats: after 1 s, and then every 2 s.
taskMode.addFunction('lasting', {
  entry: 'unruly.ts',
  ...short,
  timeout: Duration.seconds(100),
  lease: Duration.seconds(6),
});
// It has the lease that functions of a minute have, and no heartbeats.
taskMode.addFunction('plain', { entry: 'unruly.ts', timeout: Duration.seconds(60) });
taskMode.addFunction('polite', {
  entry: 'unruly.ts',
  timeout: Duration.seconds(60),
  stop: 'cooperative',
  memorySize: 128,
});

const successes = TaskDestination.queue(new Queue(stack, 'Successes'));
taskMode.allowDestination(successes, { functions: ['polite'] });
taskMode.addFunction('told', {
  entry: 'unruly.ts',
  ...short,
  maxAsyncRetryAttempts: 0,
  onSuccess: successes,
  onFailure: TaskDestination.queue(new Queue(stack, 'Failures')),
});

taskMode.addFunction('told-here', {
  entry: 'unruly.ts',
  ...short,
  // Nobody listens there, and nobody is to be asked.
  onSuccess: TaskDestination.webhook('https://localhost:9/', {
    secret: new Secret(stack, 'Hook', {
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
    }),
  }),
});

// Asynchronous invocations without a record.
const loose = {
  entry: 'unruly.ts',
  ...short,
  taskMode: false,
  onSuccess: TaskDestination.queue(new Queue(stack, 'LooseSuccesses')),
};
taskMode.addFunction('loose', {
  ...loose,
  onFailure: TaskDestination.queue(new Queue(stack, 'LooseFailures')),
});
const slow = { timeout: Duration.seconds(60), instanceConcurrency: 3 };
taskMode.addFunction('mixed', { ...loose, ...slow, maxConcurrency: 2 });
taskMode.addFunction('switched', loose);

// Lambda functions that are there already, and know nothing of tasks.
const legacy = (id: string, timeout: Duration, more: Partial<FunctionProps> = {}) =>
  new LambdaFunction(stack, id, {
    ...more,
    runtime: Runtime.NODEJS_24_X,
    handler: 'legacy.handler',
    code: Code.fromAsset('legacy'),
    timeout,
  });
const ofThree = { ...queue, maxAsyncRetryAttempts: 0 };
taskMode.addExistingFunction('legacy', legacy('Legacy', Duration.seconds(60)), ofThree);
taskMode.addExistingFunction('legacy-short', legacy('LegacyShort', Duration.seconds(2)), {
  ...ofThree,
  timeout: Duration.seconds(5),
});
taskMode.addExistingFunction(
  'legacy-single',
  legacy('LegacySingle', Duration.seconds(20), { reservedConcurrentExecutions: 1 }),
  ofThree,
);
taskMode.addExistingFunction('legacy-gone', LambdaFunction.fromFunctionArn(stack, 'Gone', GONE), ofThree);

// Its module cannot be loaded while this file is there.
const environment = { SERVICE_IS_DOWN_FILE: join(tmpdir(), 'unruly-service-is-down') };
taskMode.addFunction('moody', { entry: 'moody.ts', ...short, environment, maxConcurrency: 2 });
taskMode.addFunction('moody-sync', { entry: 'moody.ts', ...short, environment });
taskMode.addFunction('unloadable', { entry: 'unloadable.ts', ...short, maxAsyncRetryAttempts: 0 });
