import { fileURLToPath } from 'node:url';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { TaskMode } from '../lib/index.ts';

const example = (name: string) => fileURLToPath(new URL(`../examples/${name}.ts`, import.meta.url));

const app = new App();
const stack = new Stack(app, 'TaskMode', {
  description: 'Task Mode for AWS Lambda, with its example functions',
});

// An example is removed without a trace. Leave this out in your own app, and `cdk destroy` keeps your tasks.
const taskMode = new TaskMode(stack, 'TaskMode', {
  removalPolicy: RemovalPolicy.DESTROY,
  // `cdk deploy -c auth=accessKeys`, or `npm start -- --auth accessKeys …`.
  auth: app.node.tryGetContext('auth'),
});

taskMode.addFunction('echo', { entry: example('echo'), instanceConcurrency: 10 });
taskMode.addFunction('wait', {
  entry: example('wait'),
  timeout: Duration.minutes(10),
  instanceConcurrency: 10,
});
taskMode.addFunction('flaky', { entry: example('flaky') });
taskMode.addFunction('spin', { entry: example('spin'), timeout: Duration.minutes(2) });
taskMode.addFunction('thumbnail', { entry: example('thumbnail'), memorySize: 1024 });
