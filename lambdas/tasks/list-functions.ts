import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { FunctionSettings } from '../aws/function-settings.ts';
import type { TaskFunctionRecord } from '../domain/task-function.ts';
import { currentFunction } from './change-setting.ts';

export interface ListFunctionsDependencies {
  readonly registry: FunctionRegistry;
  readonly settings: FunctionSettings;
  readonly signal?: AbortSignal;
}

export interface FunctionsRequest {
  /** Only this one. */
  readonly functionName?: string | undefined;
  readonly limit: number;
  /** The name after which this page begins. */
  readonly after?: string | undefined;
}

export interface FunctionsPage {
  readonly functions: readonly TaskFunctionRecord[];
  /** The last name of this page; undefined at the end of the list. */
  readonly readTo: string | undefined;
}

/**
 * Reads one page of the functions that take tasks and that `isListed` says yes to, by name. The table is read whole for
 * each: a row has about 1 KB, so a thousand functions are one request.
 * @throws TaskModeError `FunctionNotFound` for the one that is asked for.
 */
export async function listFunctions(
  deps: ListFunctionsDependencies,
  { functionName, limit, after = '' }: FunctionsRequest,
  isListed: (record: TaskFunctionRecord) => boolean,
): Promise<FunctionsPage> {
  const records =
    functionName === undefined
      ? await deps.registry.list(deps.signal)
      : [await currentFunction(deps, functionName)];
  const listed = records
    .filter((record) => !record.isDeleted && record.functionName > after && isListed(record))
    .sort((a, b) => (a.functionName < b.functionName ? -1 : 1));
  const functions = listed.slice(0, limit);
  return { functions, readTo: listed.length > limit ? functions.at(-1)?.functionName : undefined };
}
