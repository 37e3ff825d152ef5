import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Token } from 'aws-cdk-lib';
import { ENV } from '../lambdas/domain/env.ts';
import {
  EVENT_AGE_SECONDS_RANGE,
  FUNCTION_NAME_PATTERN,
  INSTANCE_CONCURRENCY_RANGE,
  LAMBDA_TIMEOUT_MAX_SECONDS,
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
import type { TaskConfig } from '../lambdas/domain/task.ts';
import type { TaskFunctionProps } from './task-function.ts';

/** Props that hold, with their defaults filled in. */
export interface CheckedTaskFunction {
  readonly entry: string;
  readonly timeoutSeconds: number;
  readonly memorySize: number;
  readonly stop: 'kill' | 'cooperative';
  readonly graceSeconds: number;
  readonly instanceConcurrency: number;
  readonly scaling:
    | { readonly maxConcurrency: number }
    | {
        readonly provisionedPollerConfig: {
          readonly minimumPollers: number;
          readonly maximumPollers: number;
        };
      };
  readonly shardCount: number;
  readonly defaults: TaskConfig;
}

/**
 * Checks everything about a task function that is known at synth.
 * @throws Error naming function, property, value and what is wanted.
 */
export function checkedTaskFunction(functionName: string, props: TaskFunctionProps): CheckedTaskFunction {
  if (!FUNCTION_NAME_PATTERN.test(functionName)) {
    throw new Error(
      `function name must have 1 to 64 characters, starting with a letter or _ and of letters, digits, _ and - only, got "${functionName}"`,
    );
  }
  const refuse = (property: string, wanted: string, got: unknown): never => {
    throw new Error(`${property} of task function "${functionName}" must be ${wanted}, got ${got}`);
  };
  const whole = (property: string, value: number, { min, max }: { min: number; max: number }, unit = '') =>
    Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max)
      ? value
      : refuse(property, `a whole number${unit} from ${min} to ${max}`, value);
  const entry = resolve(props.entry);
  if (!existsSync(entry)) refuse('entry', 'the path of a module that exists', `"${entry}"`);
  checkEnvironment(props.environment, refuse);
  const timeoutSeconds = props.timeout?.toSeconds() ?? TASK_TIMEOUT_DEFAULT_SECONDS;
  const stop = props.stop ?? 'kill';
  const graceSeconds = whole(
    'stopGracePeriod',
    props.stopGracePeriod?.toSeconds() ?? STOP_GRACE_SECONDS_RANGE.default,
    STOP_GRACE_SECONDS_RANGE,
    ' of seconds',
  );
  const timeoutRange = { min: 1, max: LAMBDA_TIMEOUT_MAX_SECONDS - graceSeconds - TIMEOUT_MARGIN_SECONDS };
  const memoryRange =
    stop === 'kill' ? { ...MEMORY_MB_RANGE, min: SUPERVISED_MEMORY_MIN_MB } : MEMORY_MB_RANGE;
  const retries = props.maxAsyncRetryAttempts ?? RETRY_ATTEMPTS_RANGE.default;
  const ageSeconds = props.maxAsyncEventAge?.toSeconds() ?? EVENT_AGE_SECONDS_RANGE.default;
  return {
    entry,
    timeoutSeconds: whole('timeout', timeoutSeconds, timeoutRange, ' of seconds'),
    memorySize: whole('memorySize', props.memorySize ?? MEMORY_MB_RANGE.default, memoryRange, ' of MB'),
    stop,
    graceSeconds,
    instanceConcurrency: whole(
      'instanceConcurrency',
      props.instanceConcurrency ?? INSTANCE_CONCURRENCY_RANGE.default,
      INSTANCE_CONCURRENCY_RANGE,
    ),
    scaling: checkedScaling(props, whole, refuse),
    shardCount: whole('shards', props.shards ?? SHARDS_RANGE.default, SHARDS_RANGE),
    defaults: {
      maxAsyncRetryAttempts: whole('maxAsyncRetryAttempts', retries, RETRY_ATTEMPTS_RANGE),
      maxAsyncEventAgeInSeconds: whole(
        'maxAsyncEventAge',
        ageSeconds,
        EVENT_AGE_SECONDS_RANGE,
        ' of seconds',
      ),
    },
  };
}

type Refuse = (property: string, wanted: string, got: unknown) => never;
type Whole = (property: string, value: number, range: { min: number; max: number }) => number;

function checkedScaling(
  { pollers, maxConcurrency }: TaskFunctionProps,
  whole: Whole,
  refuse: Refuse,
): CheckedTaskFunction['scaling'] {
  if (!pollers) {
    return {
      maxConcurrency: whole(
        'maxConcurrency',
        maxConcurrency ?? MAX_CONCURRENCY_RANGE.default,
        MAX_CONCURRENCY_RANGE,
      ),
    };
  }
  if (maxConcurrency !== undefined) {
    refuse('maxConcurrency', 'absent where pollers are given: AWS makes the two exclusive', maxConcurrency);
  }
  const minimumPollers = whole('pollers.min', pollers.min, POLLERS_RANGE.minimum);
  const maximumPollers = whole('pollers.max', pollers.max, POLLERS_RANGE.maximum);
  if (minimumPollers > maximumPollers)
    refuse('pollers.min', `at most pollers.max (${pollers.max})`, pollers.min);
  return { provisionedPollerConfig: { minimumPollers, maximumPollers } };
}

function checkEnvironment(environment: TaskFunctionProps['environment'], refuse: Refuse): void {
  const ours = new Set<string>(Object.values(ENV));
  for (const name of Object.keys(environment ?? {})) {
    if (ours.has(name))
      refuse('environment', `without our own variables (${[...ours].join(', ')})`, `"${name}"`);
  }
}
