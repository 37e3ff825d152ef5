import type { Duration } from 'aws-cdk-lib';
import type { Architecture, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { FunctionAlarmSettings } from './alarm-settings.ts';
import type { TaskDestination } from './task-destination.ts';

/** What every function that takes tasks can be told. */
export interface TaskQueueProps {
  /**
   * How long a run is believed alive without a heartbeat: 3 to 300 s. A crash of its instance is noticed up to a minute
   * after that. A task that runs for longer than a sixth of it costs a write at every third.
   *
   * @default - 60 seconds; no heartbeats if Lambda ends the function within 90 seconds anyway (its time-out, `stopGrace` and
   * 5 s), or with `stop: 'cooperative'`: there a run is believed alive until its invocation ends
   */
  readonly lease?: Duration;

  /**
   * How many tasks one instance runs side by side: 1 to 10.
   *
   * @default - one task at a time
   */
  readonly instanceConcurrency?: number;

  /**
   * How many instances run at once: 2 to 1,000. Tasks at once are this times `instanceConcurrency`.
   *
   * @default - 100 instances, so that a flood leaves the account's other functions some concurrency
   */
  readonly maxConcurrency?: number;

  /**
   * Dedicated pollers (event source provisioned mode), in place of `maxConcurrency`: for functions that must follow
   * bursts within seconds or run above 1,000 at once. Costs per poller and hour, whether or not there are tasks.
   *
   * @default - AWS scales the pollers up to `maxConcurrency`
   */
  readonly pollers?: { readonly min: number; readonly max: number };

  /**
   * Whether CloudWatch Lambda Insights measures its instances: CPU time, memory, network and disk of each. Its extension
   * runs beside the code and shares its memory and CPU; about $2.40 a month, and $0.50 per million invocations.
   *
   * @default - nothing beyond Lambda's own metrics is measured
   */
  readonly insights?: boolean;

  /**
   * Whether asynchronous invocations are tasks: recorded, and to be queried, listed and stopped. Without it they run and
   * leave no record; retries, age limit and destinations hold as well. PutAsyncInvokeConfig changes it at run time.
   *
   * @default - they are tasks
   */
  readonly taskMode?: boolean;

  /**
   * How often a failed attempt is repeated: 0 to 8.
   *
   * @default - 3 times
   */
  readonly maxAsyncRetryAttempts?: number;

  /**
   * How long after its due time a task may wait for its first attempt before it expires: 1 s to 7 days.
   *
   * @default - 24 hours
   */
  readonly maxAsyncEventAge?: Duration;

  /**
   * Over how many index partitions the function's tasks are spread: 1 to 64. One carries about 500 tasks/s. Can be
   * raised at any deployment.
   *
   * @default - 8
   */
  readonly shards?: number;

  /**
   * Who is told of each task that ended Succeeded, at least once and under one id. PutAsyncInvokeConfig changes it at
   * run time, to any destination that the deployment allows this function (`TaskMode.allowDestination`).
   *
   * @default - nobody is told
   */
  readonly onSuccess?: TaskDestination;

  /**
   * Who is told of each task that ended Failed, Expired or Invalid. Of a task that was stopped nobody is told.
   *
   * @default - nobody is told
   */
  readonly onFailure?: TaskDestination;

  /**
   * What of its alarms is to be other than of all functions (`TaskModeProps.alarms`), by alarm; `false` is none of them.
   *
   * @default - as of all functions
   */
  readonly alarms?: FunctionAlarmSettings | false;
}

/** A function whose handler is bundled into its worker. */
export interface TaskFunctionProps extends TaskQueueProps {
  /** Path of the module that exports the task's `handler`, absolute or from the folder where the CDK app runs. */
  readonly entry: string;

  /**
   * How long one attempt may take: 1 s to 890 s. Lambda's own time-out is longer by the grace period and 5 s: for the
   * code to heed `context.signal`, and for the last write.
   *
   * @default - 60 seconds
   */
  readonly timeout?: Duration;

  /**
   * How a task is stopped whose code runs, and how code ends that takes longer than its time-out. `kill`: its signal
   * aborts, and after the grace period the process is killed, whatever the code does. `cooperative`: its signal
   * aborts, and nothing more; this needs no thread beside the code, and no 256 MB.
   *
   * @default - kill
   */
  readonly stop?: 'kill' | 'cooperative';

  /**
   * How long code that must end has to heed `context.signal` before it is killed: 0 to 60 s.
   *
   * @default - 5 seconds
   */
  readonly stopGracePeriod?: Duration;

  /**
   * Memory of an instance in MB, and with it its share of CPU: 256 to 10,240, from 128 on with cooperative stop.
   *
   * @default - 512 MB
   */
  readonly memorySize?: number;

  /**
   * Environment variables for the task's code.
   *
   * @default - none but ours
   */
  readonly environment?: Readonly<Record<string, string>>;

  /**
   * The instruction set.
   *
   * @default - arm64
   */
  readonly architecture?: Architecture;
}

/** An existing Lambda function of any runtime, which a worker of ours invokes. */
export interface ExistingFunctionProps extends TaskQueueProps {
  /**
   * How long the worker waits for an answer: 1 s to 890 s, and at least the function's own time-out.
   *
   * @default - the function's own time-out where it is known, else 60 seconds
   */
  readonly timeout?: Duration;

  /**
   * Memory of a worker in MB, which does nothing but wait: 128 to 10,240.
   *
   * @default - 256 MB
   */
  readonly memorySize?: number;
}

/** What runs the tasks: a handler of the user's, or an existing function. */
export type TaskExecutor = TaskFunctionProps | (ExistingFunctionProps & { readonly target: IFunction });
