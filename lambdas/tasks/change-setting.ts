import { randomUUID } from 'node:crypto';
import type { FunctionSettings } from '../aws/function-settings.ts';
import { TaskModeError } from '../domain/errors.ts';
import type { RuntimeSettings, TaskFunctionRecord } from '../domain/task-function.ts';
import { functionNotFound } from './find-function.ts';

export interface SettingDependencies {
  readonly settings: FunctionSettings;
  readonly clock: () => number;
}

export interface SettingWrite {
  readonly now: number;
  readonly revision: string;
}

/** How often a write follows others that come in between. Each try is a read and a write, some 10 ms. */
const MAX_TRIES = 5;

/**
 * Finds a function as it is now, which takes tasks.
 * @throws TaskModeError `FunctionNotFound`
 */
export async function currentFunction(
  { settings }: Pick<SettingDependencies, 'settings'>,
  functionName: string,
): Promise<TaskFunctionRecord> {
  const record = await settings.read(functionName);
  if (!record || record.isDeleted) throw functionNotFound(functionName);
  return record;
}

/**
 * Changes what is set on a function at run time, and tells what the function is then. `change` sees the function as it
 * was read, and is asked again with what another write made of it. A value that is there already is its own write, whose
 * answer was lost.
 * @throws TaskModeError `FunctionNotFound`, `ConcurrentUpdateError`, or what `change` throws.
 */
export async function changeSetting<Name extends keyof RuntimeSettings>(
  deps: SettingDependencies,
  functionName: string,
  name: Name,
  change: (
    record: TaskFunctionRecord,
    write: SettingWrite,
  ) => Promise<RuntimeSettings[Name]> | RuntimeSettings[Name],
): Promise<TaskFunctionRecord> {
  const revision = randomUUID();
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const record = await currentFunction(deps, functionName);
    const current = record[name];
    if (current?.revision === revision) return record;
    const value = await change(record, { now: deps.clock(), revision });
    if (await deps.settings.write(functionName, name, value, current?.revision)) {
      return { ...record, [name]: value };
    }
  }
  throw busy(functionName);
}

/**
 * Removes what is set on a function at run time; tells whether there was anything.
 * @throws TaskModeError `FunctionNotFound`, `ConcurrentUpdateError`.
 */
export async function removeSetting(
  deps: SettingDependencies,
  functionName: string,
  name: keyof RuntimeSettings,
): Promise<boolean> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { [name]: current } = await currentFunction(deps, functionName);
    // Gone since the first look at it: by this removal, whose answer was lost, or by another one.
    if (!current) return tries > 0;
    if (await deps.settings.write(functionName, name, undefined, current.revision)) return true;
  }
  throw busy(functionName);
}

function busy(functionName: string): TaskModeError {
  return new TaskModeError(
    'ConcurrentUpdateError',
    `the configuration of function '${functionName}' keeps being changed by others. Please retry.`,
  );
}
