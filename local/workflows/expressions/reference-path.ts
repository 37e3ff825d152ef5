import { isJsonObject, type Json, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { DataError } from '../run/workflow-error.ts';
import { type JsonPath, parsePath } from './json-path.ts';

/** Parses a path that can be written to: names and indexes in the state's input. */
export function parseReferencePath(text: string, where: string): JsonPath {
  const path = parsePath(text, where);
  if (path.isContext || !path.isDefinite) {
    throw new StartupError(`${where} is ${shown(text)}: want a path to one value of the input`);
  }
  return path;
}

/** Puts a value at a path of an input and gives the result; the input itself is not changed. */
export function withValueAt(path: JsonPath, input: Json, value: Json): Json {
  const keys = path.steps.map((step): string | number => {
    const [key] = step.kind === 'names' ? step.names : step.kind === 'indexes' ? step.indexes : [];
    return key ?? '';
  });
  return put(input, keys, value, path);
}

function put(
  target: Json | undefined,
  [key, ...keys]: readonly (string | number)[],
  value: Json,
  path: JsonPath,
): Json {
  if (key === undefined) {
    return value;
  }
  if (typeof key === 'number') {
    if (!Array.isArray(target) || key < 0 || key >= target.length) {
      return mismatch(path, target);
    }
    return target.with(key, put(target[key] as Json, keys, value, path));
  }
  if (target !== undefined && !isJsonObject(target)) {
    return mismatch(path, target);
  }
  const present = target !== undefined && Object.hasOwn(target, key) ? target[key] : undefined;
  return { ...target, [key]: put(present, keys, value, path) };
}

function mismatch(path: JsonPath, target: Json | undefined): never {
  throw new DataError(
    'States.ResultPathMatchFailure',
    `Unable to apply step "${path.text}" to input ${shown(target)}`,
  );
}
