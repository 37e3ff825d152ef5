import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** What a target gets of an event, as JSON text. */
export type TargetInput = (
  event: JsonObject,
  rule: { readonly name: string; readonly arn: string },
) => string;

/** A target's input that the local runtime cannot make. The message says what it wants. */
export class TargetInputError extends Error {}

type Path = readonly (string | number)[];

/**
 * Reads what decides which event a target gets: `Input`, `InputPath`, `InputTransformer`, or none for the event itself.
 * @throws TargetInputError
 */
export function readTargetInput(target: JsonObject): TargetInput {
  const { Input: input, InputPath: inputPath, InputTransformer: transformer } = target;
  const given = [input, inputPath, transformer].filter((one) => one !== undefined);
  if (given.length > 1) throw new TargetInputError('one of Input, InputPath and InputTransformer');
  if (input !== undefined) return readConstant(input);
  if (inputPath !== undefined) {
    const path = readPath(inputPath);
    return (event) => JSON.stringify(valueAt(event, path) ?? {});
  }
  return transformer === undefined ? (event) => JSON.stringify(event) : readTransformer(transformer);
}

function readConstant(input: Json): TargetInput {
  if (typeof input !== 'string' || parsed(input) === undefined)
    throw new TargetInputError('an Input of JSON');
  return () => input;
}

const STEP = /\.([A-Za-z0-9_/-]+)|\[(\d+)\]/y;

/** Names and indexes only: EventBridge takes wildcards too. */
function readPath(text: Json | undefined): Path {
  const wrong = () =>
    new TargetInputError(`paths such as "$.detail.object.key" or "$.resources[0]", not "${text}"`);
  if (typeof text !== 'string' || !text.startsWith('$')) throw wrong();
  const path: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const [, name, index] = STEP.exec(text) ?? [];
    if (name === undefined && index === undefined) throw wrong();
    path.push(name ?? Number(index));
  }
  return path;
}

function valueAt(event: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, step) => {
    if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
    return isJsonObject(value) ? value[step] : undefined;
  }, event);
}

/** What a template may name without a path (Amazon EventBridge, predefined variables). */
const PREDEFINED: Readonly<Record<string, (...of: Parameters<TargetInput>) => Json>> = {
  'aws.events.rule-arn': (_, { arn }) => arn,
  'aws.events.rule-name': (_, { name }) => name,
  'aws.events.event': (event) => event,
  'aws.events.event.json': (event) => event,
  'aws.events.event.ingestion-time': (event) => event.time ?? '',
};

/** A part of a template: text as it is, or a variable, within a text of its JSON or as a value of it. */
type Part =
  | { readonly text: string }
  | { readonly isInText: boolean; readonly valueOf: (...of: Parameters<TargetInput>) => Json | undefined };

function readTransformer(transformer: Json): TargetInput {
  if (!isJsonObject(transformer) || typeof transformer.InputTemplate !== 'string') {
    throw new TargetInputError('an InputTransformer with an InputTemplate');
  }
  const pathsMap = isJsonObject(transformer.InputPathsMap) ? transformer.InputPathsMap : {};
  const paths = new Map(Object.entries(pathsMap).map(([name, path]) => [name, readPath(path)]));
  const parts = partsOf(transformer.InputTemplate, paths);
  // With a value in each place it must be JSON, as EventBridge has it.
  if (parsed(parts.map((part) => shownIn(part, '')).join('')) === undefined) {
    throw new TargetInputError('an InputTemplate that makes JSON');
  }
  return (event, rule) =>
    parts.map((part) => shownIn(part, 'text' in part ? '' : part.valueOf(event, rule))).join('');
}

/** What the event does not have is an empty text: EventBridge says of it only that it does not appear. */
function shownIn(part: Part, value: Json = ''): string {
  if ('text' in part) return part.text;
  if (!part.isInText) return JSON.stringify(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function partsOf(template: string, paths: ReadonlyMap<string, Path>): Part[] {
  const parts: Part[] = [];
  let isInText = false;
  for (const [piece, name] of template.matchAll(/<([^<>\s]+)>|\\.|"|[^<"\\]+|</gs)) {
    if (name === undefined) {
      if (piece === '"') isInText = !isInText;
      parts.push({ text: piece });
    } else {
      parts.push({ isInText, valueOf: variable(name, paths) });
    }
  }
  return parts;
}

function variable(name: string, paths: ReadonlyMap<string, Path>) {
  const path = paths.get(name);
  if (path) return (event: JsonObject) => valueAt(event, path);
  const predefined = PREDEFINED[name];
  if (predefined) return predefined;
  throw new TargetInputError(`an InputTemplate of variables of its InputPathsMap, not <${name}>`);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
