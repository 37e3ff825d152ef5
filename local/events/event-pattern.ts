import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';

/** A leaf of a pattern: whether a value of the event at its place matches; undefined stands for none. */
type Test = (value: Json | undefined) => boolean;

/** Whether an event matches a pattern. */
export type EventPattern = (event: JsonObject) => boolean;

/** A pattern, or a part of one, that the local runtime cannot match. The message says what it wants. */
export class PatternError extends Error {}

/**
 * Reads an event pattern of EventBridge: exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but`,
 * `numeric` and `exists`, at any depth.
 * @throws PatternError for any other operator, and for what is no pattern.
 */
export function readEventPattern(pattern: Json): EventPattern {
  if (!isJsonObject(pattern) || Object.keys(pattern).length === 0) {
    throw new PatternError(`a pattern must be an object with at least one field, got ${shown(pattern)}`);
  }
  return readObject(pattern, '');
}

function readObject(pattern: JsonObject, path: string): EventPattern {
  const fields = Object.entries(pattern).map(([name, part]) => readField(name, part, path));
  return (event) => fields.every((matches) => matches(event));
}

function readField(name: string, part: Json, path: string): EventPattern {
  const where = path === '' ? name : `${path}.${name}`;
  if (name.startsWith('$')) throw new PatternError(`${where} is not matched by the local runtime`);
  if (Array.isArray(part)) {
    const tests = part.map((entry: Json) => readTest(entry, where));
    if (tests.length === 0) throw new PatternError(`${where} must list at least one value`);
    return (event) => valuesOf(event[name]).some((value) => tests.some((test) => test(value)));
  }
  if (!isJsonObject(part)) throw new PatternError(`${where} must be an object or a list, got ${shown(part)}`);
  const nested = readObject(part, where);
  return (event) => {
    const value = event[name];
    // What the event does not have has no fields either, which is what `exists: false` below it asks for.
    return objectsOf(value).some(nested);
  };
}

/** A list in an event matches by any of its entries. */
function valuesOf(value: Json | undefined): readonly (Json | undefined)[] {
  return Array.isArray(value) && value.length > 0 ? value : [Array.isArray(value) ? undefined : value];
}

function objectsOf(value: Json | undefined): readonly JsonObject[] {
  const objects = valuesOf(value).filter(isJsonObject);
  return objects.length > 0 ? objects : [{}];
}

function readTest(entry: Json, where: string): Test {
  if (!isJsonObject(entry)) {
    if (Array.isArray(entry)) throw new PatternError(`${where} lists ${shown(entry)}: want a value`);
    return (value) => value === entry;
  }
  const [[operator, argument] = ['', null], ...others] = Object.entries(entry);
  const read = OPERATORS[operator];
  if (read === undefined || others.length > 0) {
    const known = Object.keys(OPERATORS).join(', ');
    throw new PatternError(`${where} has ${shown(entry)}: the local runtime matches ${known} only`);
  }
  return read(argument, `${where}.${operator}`);
}

const OPERATORS: Readonly<Record<string, (argument: Json, where: string) => Test>> = {
  prefix: textTest((value, prefix) => value.startsWith(prefix)),
  suffix: textTest((value, suffix) => value.endsWith(suffix)),
  'equals-ignore-case': textTest((value, other) => value.toLowerCase() === other.toLowerCase()),
  exists: (argument, where) => {
    if (typeof argument !== 'boolean') throw wrong(where, 'true or false', argument);
    return (value) => (value !== undefined && !isJsonObject(value)) === argument;
  },
  'anything-but': (argument, where) => {
    const values = Array.isArray(argument) ? argument : [argument];
    const isPlain = (value: Json) => typeof value === 'string' || typeof value === 'number';
    if (values.length === 0 || !values.every(isPlain)) throw wrong(where, 'texts or numbers', argument);
    return (value) => value !== undefined && !isJsonObject(value) && !values.some((other) => other === value);
  },
  numeric: (argument, where) => {
    const comparisons = pairsOf(argument, where);
    return (value) => typeof value === 'number' && comparisons.every((holds) => holds(value));
  },
};

function textTest(matches: (value: string, argument: string) => boolean) {
  return (argument: Json, where: string): Test => {
    if (typeof argument !== 'string') throw wrong(where, 'a text', argument);
    return (value) => typeof value === 'string' && matches(value, argument);
  };
}

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

/** `["<", 10]`, or two such for a range. */
function pairsOf(argument: Json, where: string): ((value: number) => boolean)[] {
  const parts: readonly Json[] = Array.isArray(argument) ? argument : [];
  if (parts.length !== 2 && parts.length !== 4) throw wrong(where, 'one or two comparisons', argument);
  return [0, 2]
    .filter((place) => place < parts.length)
    .map((place) => {
      const [operator, bound] = [parts[place], parts[place + 1]];
      const compare = typeof operator === 'string' ? COMPARISONS[operator] : undefined;
      if (compare === undefined || typeof bound !== 'number') {
        throw wrong(where, `${Object.keys(COMPARISONS).join(' ')} and a number`, argument);
      }
      return (value: number) => compare(value, bound);
    });
}

function wrong(where: string, wanted: string, got: Json): PatternError {
  return new PatternError(`${where} is ${shown(got)}: want ${wanted}`);
}
