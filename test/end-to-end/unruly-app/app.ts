import { App, Duration, Stack } from 'aws-cdk-lib';
import { TaskMode } from '../../../lib/index.ts';

// Functions that misbehave, with times short enough to wait for.
const taskMode = new TaskMode(new Stack(new App(), 'Unruly'), 'TaskMode');
const short = {
  timeout: Duration.seconds(2),
  stopGracePeriod: Duration.seconds(1),
  lease: Duration.seconds(3),
  maxAsyncRetryAttempts: 1,
};

taskMode.addFunction('unruly', { entry: 'unruly.ts', ...short });
taskMode.addFunction('unruly-once', { entry: 'unruly.ts', ...short, maxAsyncRetryAttempts: 0 });
taskMode.addFunction('crowd', {
  entry: 'unruly.ts',
  ...short,
  timeout: Duration.seconds(60),
  instanceConcurrency: 3,
});
taskMode.addFunction('polite', {
  entry: 'unruly.ts',
  timeout: Duration.seconds(60),
  stop: 'cooperative',
  memorySize: 128,
});
taskMode.addFunction('unloadable', { entry: 'unloadable.ts', ...short, maxAsyncRetryAttempts: 0 });
