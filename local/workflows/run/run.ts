import type { Json, JsonObject } from '../../json.ts';
import type { NumberSource } from '../definition/definition.ts';
import type { Data, JsonPath } from '../expressions/json-path.ts';
import { valueAt } from '../expressions/json-path.ts';
import type { TaskCaller } from '../task-caller.ts';
import type { TaskTokens } from '../task-tokens.ts';
import type { Trail } from './history.ts';
import { runtimeError, WorkflowError } from './workflow-error.ts';

/** What is the same for all states of an execution. */
export interface Environment {
  readonly executionArn: string;
  readonly region: string;
  /** The context object `$$`, but for what each state has of its own. */
  readonly context: JsonObject;
  readonly caller: TaskCaller;
  readonly tokens: TaskTokens;
}

/** One run of a scope: of the execution itself, of a branch, of an iteration. */
export interface Run {
  readonly environment: Environment;
  readonly trail: Trail;
  readonly signal: AbortSignal;
  /** `$$.Map.Item` in an iteration of a Map state. */
  readonly mapItem?: JsonObject;
}

/** Step Functions' limit for the input or result of a state: 256 KiB as UTF-8. */
export const MAX_DATA_BYTES = 262_144;

/** Gives a value back when it is within Step Functions' limit; else the state or task by that name has failed. */
export function withinLimit(value: Json, name: string): Json {
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_DATA_BYTES) {
    throw new WorkflowError(
      'States.DataLimitExceeded',
      `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return value;
}

/** Gives what a path names; the state fails when that is nothing. */
export function required(path: JsonPath, data: Data): Json {
  const value = valueAt(path, data);
  if (value === undefined) {
    throw runtimeError(`Invalid path '${path.text}' : No results for path: ${path.text}`);
  }
  return value;
}

/** Gives a whole number of at least `least` from the definition or the input. */
export function numberOf(source: NumberSource, data: Data, least: number): number {
  if (source.kind === 'number') {
    return source.value;
  }
  const value = required(source.path, data);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
    throw runtimeError(
      `The path '${source.path.text}' gave ${JSON.stringify(value)}: want a whole number of ${least} or more`,
    );
  }
  return value;
}
