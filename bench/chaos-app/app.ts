import { App, Duration, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { TaskDestination, TaskMode } from '../../lib/index.ts';
import { CHAOS_FUNCTION_NAMES, CHAOS_FUNCTIONS } from '../chaos/functions.ts';

// Functions of short times, so that what breaks is also mended within the run.
const stack = new Stack(new App(), 'Chaos');
const taskMode = new TaskMode(stack, 'TaskMode');

const secret = new Secret(stack, 'Hook', {
  generateSecretString: { passwordLength: 32, excludePunctuation: true },
});
const webhook = TaskDestination.webhook(process.env.CHAOS_WEBHOOK ?? '', { secret });

for (const name of CHAOS_FUNCTION_NAMES) {
  const { maxConcurrency, instanceConcurrency, isTold, hasRecord } = CHAOS_FUNCTIONS[name];
  const { queue } = taskMode.addFunction(name, {
    ...{ maxConcurrency, instanceConcurrency },
    entry: 'chaotic.ts',
    taskMode: hasRecord,
    lease: Duration.seconds(3),
    stopGracePeriod: Duration.seconds(1),
    timeout: Duration.seconds(5),
    // Many: kills use attempts up, and few tasks are to fail for that.
    maxAsyncRetryAttempts: 8,
    // Few: the sweep, which goes through all of them, comes every two seconds on a machine that is kept full.
    shards: 2,
    ...(isTold && { onSuccess: webhook, onFailure: webhook }),
  });
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
