import type { TaskConfig } from './task.ts';

/** What an operator sets on a function: at deployment by the construct's props, and at run time over the API. */
export interface AsyncInvokeConfig extends TaskConfig {
  /** Task mode: asynchronous invocations are tasks. Without it they run and leave no record. */
  readonly asyncTask: boolean;
}

/** What was put at run time (FC contract section 8). What it does not name is as deployed. */
export interface RuntimeConfig extends Partial<AsyncInvokeConfig> {
  readonly createdTime: number;
  readonly lastModifiedTime: number;
}

export interface Configured {
  /** What the construct deployed. */
  readonly defaults: AsyncInvokeConfig;
  /** What was put at run time. It survives a deployment. */
  readonly runtimeConfig?: RuntimeConfig;
}

/** The configuration that the next invocation of a function gets. */
export function configOf({ defaults, runtimeConfig }: Configured): AsyncInvokeConfig {
  if (!runtimeConfig) return defaults;
  const { createdTime, lastModifiedTime, ...named } = runtimeConfig;
  return { ...defaults, ...named };
}

/** What a task takes along of it. */
export function taskConfigOf({ asyncTask, ...config }: AsyncInvokeConfig): TaskConfig {
  return config;
}
