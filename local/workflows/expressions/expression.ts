import type { Json } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { runtimeError } from '../run/workflow-error.ts';
import { INTRINSIC_FUNCTIONS } from './intrinsic-functions.ts';
import { type Data, type JsonPath, parsePath, valueAt } from './json-path.ts';

/** What stands behind a key that ends in `.$`: a path, or a call of an intrinsic function. */
export type Expression =
  | { readonly kind: 'path'; readonly path: JsonPath }
  | { readonly kind: 'literal'; readonly value: Json; readonly raw: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

/** Parses an expression; throws a StartupError for one that cannot be run here. */
export function parseExpression(text: string, where: string): Expression {
  if (text.startsWith('$')) {
    return { kind: 'path', path: parsePath(text, where) };
  }
  const parser = new Parser(text, where);
  const call = parser.call();
  parser.expectEnd();
  return call;
}

/** Gives an expression's value; `field` names it in the error of a path that names nothing. */
export function evaluate(expression: Expression, data: Data, field: string): Json {
  if (expression.kind === 'literal') {
    return expression.value;
  }
  if (expression.kind === 'call') {
    const [first] = expression.args;
    const args = expression.args.map((arg) => evaluate(arg, data, field));
    const template = first?.kind === 'literal' ? first.raw : undefined;
    // The parser knows the function.
    return INTRINSIC_FUNCTIONS[expression.name]?.call(args, template) ?? null;
  }
  const value = valueAt(expression.path, data);
  if (value === undefined) {
    throw runtimeError(
      `The JSONPath '${expression.path.text}' specified for the field '${field}' could not be found in the input '${JSON.stringify(data.input)}'`,
    );
  }
  return value;
}

/** Reads `States.Name(argument, ...)`: strings in single quotes, numbers, true, false, null, paths and calls. */
class Parser {
  readonly #text: string;
  readonly #where: string;
  #position = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  call(): Expression {
    const [, name = ''] =
      this.#take(/\s*(States\.\w+)\s*\(/y) ?? this.#refuse('a call such as States.UUID()');
    const definition = Object.hasOwn(INTRINSIC_FUNCTIONS, name) ? INTRINSIC_FUNCTIONS[name] : undefined;
    if (definition === undefined) {
      return this.#refuse(`one of ${Object.keys(INTRINSIC_FUNCTIONS).join(', ')}`);
    }
    const args = this.#arguments();
    const [least, most] = definition.argumentCount;
    if (args.length < least || args.length > most) {
      this.#refuse(`${least === most ? least : `${least} to ${most}`} arguments of ${name}`);
    }
    return { kind: 'call', name, args };
  }

  expectEnd(): void {
    if (this.#take(/\s*$/y) === undefined) {
      this.#refuse('nothing after the call');
    }
  }

  #arguments(): Expression[] {
    const args: Expression[] = [];
    while (this.#take(/\s*\)/y) === undefined) {
      if (args.length > 0 && this.#take(/\s*,/y) === undefined) {
        this.#refuse('a comma between arguments');
      }
      args.push(this.#argument());
    }
    return args;
  }

  #argument(): Expression {
    const [, raw] = this.#take(/\s*'((?:[^'\\]|\\.)*)'/sy) ?? [];
    if (raw !== undefined) {
      return { kind: 'literal', value: raw.replaceAll(/\\(.)/gs, '$1'), raw };
    }
    const [, word] = this.#take(/\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?=\s*[,)])/y) ?? [];
    if (word !== undefined) {
      return { kind: 'literal', value: JSON.parse(word) as Json, raw: word };
    }
    const [, path] =
      this.#take(/\s*(\$(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\[[^\]'"]*\]|[^,()'"\s])*)/y) ?? [];
    if (path !== undefined) {
      return { kind: 'path', path: parsePath(path, this.#where) };
    }
    return this.call();
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#position = match === undefined ? this.#position : pattern.lastIndex;
    return match;
  }

  #refuse(wanted: string): never {
    const rest = this.#text.slice(this.#position);
    throw new StartupError(
      `${this.#where} is ${JSON.stringify(this.#text)}: want ${wanted} at ${JSON.stringify(rest)}`,
    );
  }
}
