import { App, Duration, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { TaskMode } from '../../lib/index.ts';

// Functions of short times, so that what breaks is also mended within the run.
const stack = new Stack(new App(), 'Chaos');
const taskMode = new TaskMode(stack, 'TaskMode');

const props = {
  entry: 'chaotic.ts',
  lease: Duration.seconds(3),
  stopGracePeriod: Duration.seconds(1),
  timeout: Duration.seconds(5),
  // Many: kills use attempts up, and few tasks are to fail for that.
  maxAsyncRetryAttempts: 8,
};

/** How many instances each function has: together some more than two cores like. */
const INSTANCES = { quick: 4, flaky: 3, slow: 8, busy: 3, crowd: 3 };

for (const [name, maxConcurrency] of Object.entries(INSTANCES)) {
  const instanceConcurrency = name === 'crowd' ? 3 : 1;
  const { queue } = taskMode.addFunction(name, { ...props, maxConcurrency, instanceConcurrency });
  // A message whose receiver died comes again after Lambda's time-out, which is AWS's least, and not a minute later.
  (queue.node.defaultChild as CfnQueue).visibilityTimeout = 11;
}

// Each process writes down what it counts, past the runtime that is killed.
const tap = new URL('../chaos/metric-tap.ts', import.meta.url).href;
for (const construct of stack.node.findAll()) {
  if (!(construct instanceof LambdaFunction)) continue;
  construct.addEnvironment('NODE_OPTIONS', `--import ${tap}`);
  construct.addEnvironment('CHAOS_METRICS', process.env.CHAOS_METRICS ?? '/dev/null');
}
