import { createHash, randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject, shown } from '../../json.ts';
import { DataError } from '../run/workflow-error.ts';

export interface IntrinsicFunction {
  /** The least and the most arguments. */
  readonly argumentCount: readonly [number, number];
  /** `template` is the first argument as it is written, when it is a literal: its escapes are kept. */
  call(args: readonly Json[], template: string | undefined): Json;
}

/** Limit of what Base64Encode, Base64Decode and Hash take: 10,000 characters (Step Functions developer guide). */
const MAX_CHARACTERS = 10_000;

/** Limit of what ArrayRange gives: 1,000 entries (the same page). */
const MAX_RANGE = 1000;

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** The intrinsic functions of JSONPath states, by name: all that Step Functions has, but for MathRandom's seed. */
export const INTRINSIC_FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  'States.Array': of([0, Number.POSITIVE_INFINITY], (args) => args),
  'States.ArrayPartition': of([2, 2], ([list, size]) => {
    const entries = listOf(list);
    const step = integer(size);
    return step < 1
      ? fail(`a chunk of ${step}: want 1 or more`)
      : Array.from({ length: Math.ceil(entries.length / step) }, (_, index) =>
          entries.slice(index * step, (index + 1) * step),
        );
  }),
  'States.ArrayContains': of([2, 2], ([list, wanted]) =>
    listOf(list).some((entry) => isDeepStrictEqual(entry, wanted)),
  ),
  'States.ArrayRange': of([3, 3], (args) => range(args.map(integer))),
  'States.ArrayGetItem': of([2, 2], ([list, index]) => {
    const entries = listOf(list);
    const position = integer(index);
    return (
      entries[position] ?? (position in entries ? null : fail(`no entry ${position} of ${entries.length}`))
    );
  }),
  'States.ArrayLength': of([1, 1], ([list]) => listOf(list).length),
  'States.ArrayUnique': of([1, 1], ([list]) =>
    listOf(list).filter(
      (entry, index, all) => all.findIndex((other) => isDeepStrictEqual(other, entry)) === index,
    ),
  ),
  'States.Base64Encode': of([1, 1], ([text]) => Buffer.from(short(text)).toString('base64')),
  'States.Base64Decode': of([1, 1], ([text]) => Buffer.from(short(text), 'base64').toString('utf8')),
  'States.Hash': of([2, 2], ([data, algorithm]) => {
    const name =
      HASHES[string(algorithm)] ??
      fail(`algorithm ${shown(algorithm)}: want ${Object.keys(HASHES).join(', ')}`);
    return createHash(name)
      .update(short(typeof data === 'string' ? data : (JSON.stringify(data) ?? '')))
      .digest('hex');
  }),
  'States.JsonMerge': of([3, 3], ([first, second, isDeep]) =>
    isDeep === false
      ? { ...object(first), ...object(second) }
      : fail('deep merging: Step Functions has shallow only'),
  ),
  'States.StringToJson': of([1, 1], ([text]) => parsed(string(text))),
  'States.JsonToString': of([1, 1], ([value]) => JSON.stringify(value ?? null)),
  'States.MathRandom': of([2, 2], ([from, to]) => {
    const [least, end] = [integer(from), integer(to)];
    return end > least ? randomInt(least, end) : fail(`${least} to ${end}: want an end above the start`);
  }),
  'States.MathAdd': of([2, 2], ([first, second]) => integer(first) + integer(second)),
  'States.StringSplit': of([2, 2], ([text, delimiters]) => split(string(text), string(delimiters))),
  'States.UUID': of([0, 0], () => randomUUID()),
  'States.Format': of([1, Number.POSITIVE_INFINITY], ([first, ...values], template) =>
    template === undefined
      ? format(string(first).replaceAll('\\', '\\\\'), values)
      : format(template, values),
  ),
};

function of(argumentCount: readonly [number, number], call: IntrinsicFunction['call']): IntrinsicFunction {
  return { argumentCount, call };
}

/** Puts the values in place of `{}`; a character after a backslash stands for itself. */
function format(template: string, values: readonly Json[]): string {
  let used = 0;
  const text = template.replaceAll(/\\(.)|\{\}/gs, (_, escaped: string | undefined) => {
    if (escaped !== undefined) {
      return escaped;
    }
    const value = values[used];
    used += 1;
    if (value === undefined || (typeof value === 'object' && value !== null)) {
      return fail(`${shown(value)} for {} number ${used}: want a string, a number, true, false or null`);
    }
    return String(value);
  });
  return used === values.length ? text : fail(`${values.length} values for ${used} of {}`);
}

/** Each character of `delimiters` parts, and nothing is no part: recorded from Step Functions, ",,a" by "," is ["a"]. */
function split(text: string, delimiters: string): string[] {
  const parts = [''];
  for (const character of text) {
    if (delimiters.includes(character)) {
      parts.push('');
    } else {
      parts.push(`${parts.pop()}${character}`);
    }
  }
  return parts.filter((part) => part !== '');
}

function range([from = 0, to = 0, step = 0]: readonly number[]): number[] {
  const length = step === 0 ? fail('a step of 0') : Math.max(0, Math.floor((to - from) / step) + 1);
  return length > MAX_RANGE
    ? fail(`${length} entries: want at most ${MAX_RANGE}`)
    : Array.from({ length }, (_, index) => from + index * step);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    return fail(`${shown(text)} is not JSON (${(error as Error).message})`);
  }
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : fail(`${shown(value)}: want an array`);
}

function object(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : fail(`${shown(value)}: want an object`);
}

function string(value: Json | undefined): string {
  return typeof value === 'string' ? value : fail(`${shown(value)}: want a string`);
}

function short(value: Json | undefined): string {
  const text = string(value);
  return text.length > MAX_CHARACTERS
    ? fail(`${text.length} characters: want at most ${MAX_CHARACTERS}`)
    : text;
}

/** A number that is not whole is rounded, as the developer guide says. */
function integer(value: Json | undefined): number {
  return typeof value === 'number' ? Math.round(value) : fail(`${shown(value)}: want a number`);
}

function fail(what: string): never {
  throw new DataError('States.IntrinsicFailure', `An intrinsic function got ${what}`);
}
