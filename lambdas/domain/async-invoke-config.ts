import type { Destinations, TaskConfig } from './task.ts';

/** What an operator sets on a function: at deployment by the construct's props, and at run time over the API. */
export interface AsyncInvokeConfig extends TaskConfig {
  /** Task mode: asynchronous invocations are tasks. Without it they run and leave no record. */
  readonly asyncTask: boolean;
}

/** What one Put names. A destination that is null tells nobody, also where the construct deployed one. */
export interface ConfigChange extends Partial<Omit<AsyncInvokeConfig, 'destinations'>> {
  readonly destinations?: { readonly [Name in keyof Destinations]: string | null };
}

/** What was put at run time (FC contract section 8). What it does not name is as deployed. */
export interface RuntimeConfig extends ConfigChange {
  readonly createdTime: number;
  readonly lastModifiedTime: number;
  /** Another one at every write: by which a write knows that it is the next one, or that it is there already. */
  readonly revision: string;
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
  const { createdTime, lastModifiedTime, revision, destinations: put, ...named } = runtimeConfig;
  const { destinations: deployed, ...others } = defaults;
  const told = Object.entries({ ...deployed, ...put }).filter(([, destination]) => destination !== null);
  return { ...others, ...named, ...(told.length > 0 && { destinations: Object.fromEntries(told) }) };
}

/** What is put once a Put came: what it names over what was put before. */
export function withChange(
  before: RuntimeConfig | undefined,
  change: ConfigChange,
  write: { readonly now: number; readonly revision: string },
): RuntimeConfig {
  const destinations = { ...before?.destinations, ...change.destinations };
  return {
    ...before,
    ...change,
    ...(Object.keys(destinations).length > 0 && { destinations }),
    createdTime: before?.createdTime ?? write.now,
    lastModifiedTime: write.now,
    revision: write.revision,
  };
}

/** What a task takes along of it. */
export function taskConfigOf({ asyncTask, ...config }: AsyncInvokeConfig): TaskConfig {
  return config;
}
