import { isJsonObject, type Json, shown } from '../json.ts';

/** Tells whether a line matches a filter pattern. */
export type LineFilter = (text: string) => boolean;

type Condition = (line: Json) => boolean;

/** A selector, a text in quotes, an operator, or a number. */
const TOKEN = /\s*(\$(?:\.[A-Za-z_][\w-]*)+|"(?:[^"\\]|\\.)*"|&&|\|\||[=(){}]|-?\d+(?:\.\d+)?)/y;

/**
 * Reads a filter pattern of CloudWatch Logs: of JSON lines, by fields that equal a text (`*` stands for any characters) or
 * a number, joined by `&&` and `||`, in parentheses.
 * @throws Error for what CloudWatch can do beyond that.
 */
export function lineFilter(pattern: string): LineFilter {
  const condition = new Parser(pattern).whole();
  return (text) => {
    const line = jsonOf(text);
    return line !== undefined && condition(line);
  };
}

class Parser {
  readonly #pattern: string;
  readonly #tokens: string[] = [];

  constructor(pattern: string) {
    this.#pattern = pattern;
    const text = pattern.trimEnd();
    const token = new RegExp(TOKEN);
    while (token.lastIndex < text.length) {
      const from = token.lastIndex;
      const match = token.exec(text)?.[1];
      if (match === undefined) this.#refuse(text.slice(from).trim());
      else this.#tokens.push(match);
    }
  }

  whole(): Condition {
    this.#want('{');
    const condition = this.#anyOf();
    this.#want('}');
    if (this.#tokens.length > 0) this.#refuse(this.#tokens[0]);
    return condition;
  }

  #anyOf(): Condition {
    const conditions = [this.#allOf()];
    while (this.#takes('||')) conditions.push(this.#allOf());
    return (line) => conditions.some((condition) => condition(line));
  }

  #allOf(): Condition {
    const conditions = [this.#one()];
    while (this.#takes('&&')) conditions.push(this.#one());
    return (line) => conditions.every((condition) => condition(line));
  }

  #one(): Condition {
    if (this.#takes('(')) {
      const condition = this.#anyOf();
      this.#want(')');
      return condition;
    }
    const selector = this.#tokens.shift() ?? '';
    if (!selector.startsWith('$.')) this.#refuse(selector);
    this.#want('=');
    const matches = this.#value(this.#tokens.shift() ?? '');
    const path = selector.slice(2).split('.');
    return (line) => matches(path.reduce<Json | undefined>(fieldOf, line));
  }

  #value(token: string): (value: Json | undefined) => boolean {
    if (/^-?\d/.test(token)) return (value) => value === Number(token);
    if (!token.startsWith('"')) this.#refuse(token);
    const text = String(JSON.parse(token));
    const wanted = text.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*');
    const expression = new RegExp(`^${wanted}$`, 's');
    return (value) => typeof value === 'string' && expression.test(value);
  }

  #takes(token: string): boolean {
    const isNext = this.#tokens[0] === token;
    if (isNext) this.#tokens.shift();
    return isNext;
  }

  #want(token: string): void {
    if (!this.#takes(token)) this.#refuse(this.#tokens[0]);
  }

  #refuse(at: string | undefined): never {
    throw new Error(
      `filterPattern is ${shown(this.#pattern)}: ${at ? `${shown(at)} is not understood here` : 'it ends too early'}, want { $.field = "text" }, with && and ||`,
    );
  }
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function jsonOf(text: string): Json | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
