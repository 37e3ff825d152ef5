import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Duration, Token } from 'aws-cdk-lib';
import type { Architecture, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { AsyncInvokeConfig } from '../lambdas/domain/async-invoke-config.ts';
import type { Scaling } from '../lambdas/domain/concurrency.ts';
import { ENV } from '../lambdas/domain/env.ts';
import {
  EVENT_AGE_SECONDS_RANGE,
  FUNCTION_NAME_PATTERN,
  HEARTBEAT_FREE_TIMEOUT_SECONDS,
  INSTANCE_CONCURRENCY_RANGE,
  LAMBDA_TIMEOUT_MAX_SECONDS,
  LEASE_SECONDS_RANGE,
  MAX_CONCURRENCY_RANGE,
  MEMORY_MB_RANGE,
  POLLERS_RANGE,
  RETRY_ATTEMPTS_RANGE,
  SHARDS_RANGE,
  STOP_GRACE_SECONDS_RANGE,
  SUPERVISED_MEMORY_MIN_MB,
  TASK_TIMEOUT_DEFAULT_SECONDS,
  TIMEOUT_MARGIN_SECONDS,
} from '../lambdas/domain/limits.ts';
import type { LambdaBundleProps } from './lambda-bundle.ts';
import type {
  ExistingFunctionProps,
  TaskExecutor,
  TaskFunctionProps,
  TaskQueueProps,
} from './task-function-props.ts';

/** Props that hold, with their defaults filled in. */
export interface CheckedTaskFunction {
  readonly bundle: LambdaBundleProps;
  readonly environment: Readonly<Record<string, string>>;
  readonly architecture: Architecture | undefined;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  readonly stop: 'kill' | 'cooperative';
  readonly graceSeconds: number;
  /** What Lambda is deployed with: the time-out, the grace, and time for our own last write. */
  readonly lambdaTimeoutSeconds: number;
  readonly leaseSeconds: number;
  /** Whether runs renew their lease; without, a run is believed alive until its invocation ends. */
  readonly hasHeartbeats: boolean;
  readonly instanceConcurrency: number;
  readonly scaling: Scaling;
  readonly shardCount: number;
  readonly defaults: AsyncInvokeConfig;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Refuses the props of one function by name, value and what is wanted. */
class PropsCheck {
  readonly #functionName: string;

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  refuse(property: string, wanted: string, got: unknown): never {
    throw new Error(`${property} of task function "${this.#functionName}" must be ${wanted}, got ${got}`);
  }

  whole(property: string, value: number, { min, max }: Range, unit = ''): number {
    const holds = Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max);
    return holds ? value : this.refuse(property, `a whole number${unit} from ${min} to ${max}`, value);
  }

  seconds(
    property: string,
    value: Duration | undefined,
    range: Range & { readonly default: number },
  ): number {
    return this.whole(property, value?.toSeconds() ?? range.default, range, ' of seconds');
  }
}

/**
 * Checks everything about a task function that is known at synth.
 * @throws Error naming function, property, value and what is wanted.
 */
export function checkedTaskFunction(functionName: string, props: TaskExecutor): CheckedTaskFunction {
  if (!FUNCTION_NAME_PATTERN.test(functionName)) {
    throw new Error(
      `function name must have 1 to 64 characters, starting with a letter or _ and of letters, digits, _ and - only, got "${functionName}"`,
    );
  }
  const check = new PropsCheck(functionName);
  const executor = 'target' in props ? checkedTarget(props, check) : checkedHandler(props, check);
  const { stop, timeoutSeconds, graceSeconds } = executor;
  const lambdaTimeoutSeconds = timeoutSeconds + graceSeconds + TIMEOUT_MARGIN_SECONDS;
  // On the thread of user code, which may block it. An existing function runs elsewhere, and blocks nothing here.
  const canBlock = stop === 'cooperative' && !('target' in props);
  if (canBlock && props.lease !== undefined) {
    check.refuse(
      'lease',
      "absent with stop: 'cooperative', where a run is believed alive until its invocation ends",
      props.lease.toHumanString(),
    );
  }
  return {
    ...executor,
    lambdaTimeoutSeconds,
    hasHeartbeats:
      !canBlock && (props.lease !== undefined || lambdaTimeoutSeconds > HEARTBEAT_FREE_TIMEOUT_SECONDS),
    leaseSeconds: check.seconds('lease', props.lease, LEASE_SECONDS_RANGE),
    instanceConcurrency: check.whole(
      'instanceConcurrency',
      props.instanceConcurrency ?? INSTANCE_CONCURRENCY_RANGE.default,
      INSTANCE_CONCURRENCY_RANGE,
    ),
    scaling: checkedScaling(props, check),
    shardCount: check.whole('shards', props.shards ?? SHARDS_RANGE.default, SHARDS_RANGE),
    defaults: checkedConfig(props, check),
  };
}

type CheckedExecutor = Pick<
  CheckedTaskFunction,
  'bundle' | 'environment' | 'architecture' | 'timeoutSeconds' | 'memorySize' | 'stop' | 'graceSeconds'
>;

function checkedHandler(props: TaskFunctionProps, check: PropsCheck): CheckedExecutor {
  const { stop = 'kill', memorySize = MEMORY_MB_RANGE.default, environment = {}, architecture } = props;
  const graceSeconds = check.seconds('stopGracePeriod', props.stopGracePeriod, STOP_GRACE_SECONDS_RANGE);
  const memoryMin = stop === 'kill' ? SUPERVISED_MEMORY_MIN_MB : MEMORY_MB_RANGE.min;
  checkEnvironment(environment, check);
  return {
    bundle: { entry: 'worker/worker.lambda', userHandler: checkedEntry(props.entry, check) },
    environment,
    architecture,
    timeoutSeconds: check.seconds('timeout', props.timeout, timeoutRange(graceSeconds)),
    memorySize: check.whole('memorySize', memorySize, { ...MEMORY_MB_RANGE, min: memoryMin }, ' of MB'),
    stop,
    graceSeconds,
  };
}

/** An existing function's worker only waits: it needs no supervisor beside it, and no grace for what it cannot cancel. */
function checkedTarget(
  { target, timeout, memorySize }: ExistingFunctionProps & { readonly target: IFunction },
  check: PropsCheck,
): CheckedExecutor {
  const targetTimeout = 'timeout' in target ? (target.timeout as Duration | undefined) : undefined;
  const timeoutSeconds = check.seconds('timeout', timeout ?? targetTimeout, timeoutRange(0));
  if (targetTimeout && targetTimeout.toSeconds() > timeoutSeconds) {
    check.refuse(
      'timeout',
      `at least the existing function's own (${targetTimeout.toSeconds()} s)`,
      timeoutSeconds,
    );
  }
  const megabytes = memorySize ?? SUPERVISED_MEMORY_MIN_MB;
  return {
    bundle: { entry: 'worker/invoke-worker.lambda' },
    environment: {},
    architecture: undefined,
    timeoutSeconds,
    memorySize: check.whole('memorySize', megabytes, MEMORY_MB_RANGE, ' of MB'),
    stop: 'cooperative',
    graceSeconds: 0,
  };
}

function timeoutRange(graceSeconds: number) {
  return {
    min: 1,
    max: LAMBDA_TIMEOUT_MAX_SECONDS - graceSeconds - TIMEOUT_MARGIN_SECONDS,
    default: TASK_TIMEOUT_DEFAULT_SECONDS,
  };
}

function checkedEntry(entry: string, check: PropsCheck): string {
  const path = resolve(entry);
  return existsSync(path) ? path : check.refuse('entry', 'the path of a module that exists', `"${path}"`);
}

function checkedConfig(props: TaskQueueProps, check: PropsCheck): AsyncInvokeConfig {
  const retries = props.maxAsyncRetryAttempts ?? RETRY_ATTEMPTS_RANGE.default;
  return {
    asyncTask: props.taskMode ?? true,
    maxAsyncRetryAttempts: check.whole('maxAsyncRetryAttempts', retries, RETRY_ATTEMPTS_RANGE),
    maxAsyncEventAgeInSeconds: check.seconds(
      'maxAsyncEventAge',
      props.maxAsyncEventAge,
      EVENT_AGE_SECONDS_RANGE,
    ),
    ...destinationsOf(props),
  };
}

function destinationsOf({ onSuccess, onFailure }: TaskQueueProps): Pick<AsyncInvokeConfig, 'destinations'> {
  if (!onSuccess && !onFailure) return {};
  return {
    destinations: {
      ...(onSuccess && { onSuccess: onSuccess.destination }),
      ...(onFailure && { onFailure: onFailure.destination }),
    },
  };
}

function checkedScaling(
  { pollers, maxConcurrency }: TaskQueueProps,
  check: PropsCheck,
): CheckedTaskFunction['scaling'] {
  if (!pollers) {
    const value = maxConcurrency ?? MAX_CONCURRENCY_RANGE.default;
    return { maxConcurrency: check.whole('maxConcurrency', value, MAX_CONCURRENCY_RANGE) };
  }
  if (maxConcurrency !== undefined) {
    check.refuse(
      'maxConcurrency',
      'absent where pollers are given: AWS makes the two exclusive',
      maxConcurrency,
    );
  }
  const minimumPollers = check.whole('pollers.min', pollers.min, POLLERS_RANGE.minimum);
  const maximumPollers = check.whole('pollers.max', pollers.max, POLLERS_RANGE.maximum);
  if (minimumPollers > maximumPollers) {
    check.refuse('pollers.min', `at most pollers.max (${pollers.max})`, pollers.min);
  }
  return { provisionedPollerConfig: { minimumPollers, maximumPollers } };
}

function checkEnvironment(environment: Readonly<Record<string, string>>, check: PropsCheck): void {
  const ours = new Set<string>(Object.values(ENV));
  for (const name of Object.keys(environment)) {
    if (ours.has(name)) {
      check.refuse('environment', `without our own variables (${[...ours].join(', ')})`, `"${name}"`);
    }
  }
}
