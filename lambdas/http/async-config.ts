import type * as z from 'zod/mini';
import { type ConfigChange, configOf } from '../domain/async-invoke-config.ts';
import { shownDestination } from '../domain/shown-destination.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import type { putAsyncInvokeConfigBody } from './config-schemas.ts';

/**
 * The contract's AsyncConfig (section 5): what holds now, be it put or deployed. Fields without a value are left out;
 * destinations are shortened.
 */
export function toAsyncConfig(record: TaskFunctionRecord) {
  const { asyncTask, maxAsyncEventAgeInSeconds, maxAsyncRetryAttempts, destinations } = configOf(record);
  return {
    functionArn: record.functionArn,
    asyncTask,
    createdTime: isoSeconds(record.runtimeConfig?.createdTime),
    lastModifiedTime: isoSeconds(record.runtimeConfig?.lastModifiedTime),
    destinationConfig: destinations && {
      onSuccess: toShown(destinations.onSuccess),
      onFailure: toShown(destinations.onFailure),
    },
    maxAsyncEventAgeInSeconds,
    maxAsyncRetryAttempts,
  };
}

function toShown(destination: string | undefined) {
  return destination === undefined ? undefined : { destination: shownDestination(destination) };
}

/** What the body of a Put names. An empty destination is nobody. */
export function toConfigChange(body: z.output<typeof putAsyncInvokeConfigBody>): ConfigChange {
  const { destinationConfig = {}, ...numbers } = body;
  const destinations = Object.entries(destinationConfig).flatMap(([name, value]) =>
    value?.destination === undefined ? [] : [[name, value.destination === '' ? null : value.destination]],
  );
  const named = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(named),
    ...(destinations.length > 0 && { destinations: Object.fromEntries(destinations) }),
  };
}

/** As the contract's sample has it, `2020-09-10T02:45:02Z`. */
function isoSeconds(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
