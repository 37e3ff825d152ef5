import { isJsonObject, type Json, type JsonObject, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';

type Step =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep' };

/** A JSONPath of Step Functions, parsed. */
export interface JsonPath {
  readonly text: string;
  /** Whether it looks into the context object: it starts with `$$`. */
  readonly isContext: boolean;
  readonly steps: readonly Step[];
  /** Whether it can name at most one value: such a path gives the value, any other a list. */
  readonly isDefinite: boolean;
}

/** What an expression of a state can look at. */
export interface Data {
  readonly input: Json;
  readonly context: JsonObject;
}

const NAME = String.raw`[^.[\]()'"*?@,\s]+`;
const QUOTED = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const ALL: Step = { kind: 'all' };
const DEEP: Step = { kind: 'deep' };

/** The forms of a step, tried in this order at the front of what is left of the path. */
const FORMS: readonly (readonly [RegExp, (...groups: string[]) => readonly Step[]])[] = [
  [/^\.\.(?=\[)/, () => [DEEP]],
  [/^\.\.\*/, () => [DEEP, ALL]],
  [new RegExp(`^\\.\\.(${NAME})`), (name) => [DEEP, names([name])]],
  [/^(?:\.\*|\[\*\])/, () => [ALL]],
  [new RegExp(`^\\.(${NAME})`), (name) => [names([name])]],
  [new RegExp(`^\\[((?:${QUOTED})(?:\\s*,\\s*(?:${QUOTED}))*)\\]`), (list) => [names(unquoted(list))]],
  [
    /^\[(-?\d+(?:\s*,\s*-?\d+)*)\]/,
    (list = '') => [{ kind: 'indexes', indexes: list.split(',').map(Number) }],
  ],
  [
    /^\[(-?\d*):(-?\d*)\]/,
    (from, to) => [{ kind: 'slice', from: optionalNumber(from), to: optionalNumber(to) }],
  ],
];

export const ROOT: JsonPath = { text: '$', isContext: false, steps: [], isDefinite: true };

/** Parses a path; throws a StartupError that names what it holds and this runtime does not run, such as a filter. */
export function parsePath(text: string, where: string): JsonPath {
  const isContext = text.startsWith('$$');
  const steps: Step[] = [];
  let rest = text.slice(isContext ? 2 : 1);
  if (!text.startsWith('$')) {
    throw new StartupError(`${where} is ${shown(text)}: want a JSONPath, which starts with $`);
  }
  while (rest !== '') {
    const form = FORMS.find(([pattern]) => pattern.test(rest));
    if (form === undefined) {
      throw new StartupError(
        `${where} is ${shown(text)}: the local runtime cannot run ${shown(rest)} of it, only names, indexes, slices, * and ..`,
      );
    }
    const [whole = '', ...groups] = form[0].exec(rest) ?? [];
    steps.push(...form[1](...groups));
    rest = rest.slice(whole.length);
  }
  return { text, isContext, steps, isDefinite: steps.every(namesOneValue) };
}

/** Gives what a path names, undefined when there is no such value. A path that is not definite gives a list. */
export function valueAt(path: JsonPath, data: Data): Json | undefined {
  let found: readonly Json[] = [path.isContext ? data.context : data.input];
  let isDefinite = true;
  for (const step of path.steps) {
    found = found.flatMap((value) => take(step, value));
    isDefinite &&= namesOneValue(step);
    if (isDefinite && found.length === 0) {
      return undefined;
    }
  }
  return path.isDefinite ? found[0] : found;
}

function take(step: Step, value: Json): readonly Json[] {
  switch (step.kind) {
    case 'names':
      return isJsonObject(value)
        ? step.names.filter((name) => Object.hasOwn(value, name)).map((name) => value[name] as Json)
        : [];
    case 'indexes':
      return Array.isArray(value)
        ? step.indexes.flatMap((index) => value.at(index) ?? nullAt(value, index))
        : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case 'all':
      return childrenOf(value);
    case 'deep':
      return [value, ...childrenOf(value).flatMap((child) => take(step, child))];
  }
}

/** An entry that is null is there; one beyond the end is not. */
function nullAt(list: readonly Json[], index: number): readonly Json[] {
  return list.at(index) === null ? [null] : [];
}

function childrenOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) {
    return value;
  }
  return isJsonObject(value) ? Object.values(value) : [];
}

function namesOneValue(step: Step): boolean {
  return (
    (step.kind === 'names' && step.names.length === 1) ||
    (step.kind === 'indexes' && step.indexes.length === 1)
  );
}

function names(list: readonly (string | undefined)[]): Step {
  return { kind: 'names', names: list.map((name) => name ?? '') };
}

function unquoted(list = ''): string[] {
  return [...list.matchAll(new RegExp(QUOTED, 'g'))].map(([quoted]) =>
    quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1'),
  );
}

function optionalNumber(text = ''): number | undefined {
  return text === '' ? undefined : Number(text);
}
