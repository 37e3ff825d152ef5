import { isJsonObject, type Json, type JsonObject, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { type Expression, parseExpression } from '../expressions/expression.ts';
import { type JsonPath, parsePath, ROOT } from '../expressions/json-path.ts';
import { type PayloadTemplate, parseTemplate } from '../expressions/payload-template.ts';
import { parseReferencePath } from '../expressions/reference-path.ts';
import type { NumberSource } from './definition.ts';

/**
 * Reads the fields of one object of a definition. A field that nobody runs is refused before any is read: a state
 * machine that starts here does what its definition says, or says what of it cannot be done.
 */
export class Fields {
  readonly where: string;
  readonly #values: JsonObject;

  constructor(where: string, value: Json | undefined, known: readonly string[]) {
    if (!isJsonObject(value)) {
      throw new StartupError(`${where} is ${shown(value)}: want an object`);
    }
    this.where = where;
    this.#values = value;
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new StartupError(
        `${where} has the field ${unknown}, which the local runtime does not run: want only ${known.join(', ')}`,
      );
    }
  }

  get(name: string): Json | undefined {
    return this.#values[name];
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.refuse(name, 'a string');
  }

  optionalString(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === 'string' ? value : this.refuse(name, 'a string');
  }

  strings(name: string): readonly string[] {
    const values = this.list(name);
    return values.length > 0 && values.every((value) => typeof value === 'string')
      ? values
      : this.refuse(name, 'a list of strings');
  }

  list(name: string): readonly Json[] {
    const value = this.get(name);
    return Array.isArray(value) ? value : this.refuse(name, 'a list');
  }

  object(name: string): JsonObject {
    const value = this.get(name);
    return isJsonObject(value) ? value : this.refuse(name, 'an object');
  }

  /** A whole number of at least `least`. */
  optionalInteger(name: string, least: number): number | undefined {
    const value = this.get(name);
    return value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= least)
      ? value
      : this.refuse(name, `a whole number of ${least} or more`);
  }

  /** A number in the field `name`, or a path to one in `<name>Path`. */
  optionalNumberSource(name: string, least: number): NumberSource | undefined {
    const pathName = `${name}Path`;
    const value = this.optionalInteger(name, least);
    if (value !== undefined && this.has(pathName)) {
      this.refuse(pathName, `none beside ${name}`);
    }
    if (value !== undefined) {
      return { kind: 'number', value };
    }
    return this.has(pathName)
      ? { kind: 'path', path: parsePath(this.string(pathName), this.of(pathName)) }
      : undefined;
  }

  /** InputPath and OutputPath: the whole value when absent, an empty object when null. */
  path(name: string): JsonPath | null {
    return this.get(name) === null ? null : parsePath(this.optionalString(name) ?? '$', this.of(name));
  }

  /** ResultPath: the whole value when absent; the result is discarded when null. */
  resultPath(): JsonPath | null {
    const name = 'ResultPath';
    if (!this.has(name)) {
      return ROOT;
    }
    return this.get(name) === null ? null : parseReferencePath(this.string(name), this.of(name));
  }

  optionalTemplate(name: string): PayloadTemplate | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : parseTemplate(value, this.of(name));
  }

  /** A text in the field `name`, or a path or an intrinsic function that gives it in `<name>Path`. */
  optionalText(name: string): Expression | undefined {
    const pathName = `${name}Path`;
    if (this.has(pathName)) {
      return this.has(name)
        ? this.refuse(pathName, `none beside ${name}`)
        : parseExpression(this.string(pathName), this.of(pathName));
    }
    const value = this.optionalString(name);
    return value === undefined ? undefined : { kind: 'literal', value, raw: value };
  }

  of(name: string): string {
    return `${this.where}.${name}`;
  }

  refuse(name: string, wanted: string): never {
    throw new StartupError(`${this.of(name)} is ${shown(this.get(name))}: want ${wanted}`);
  }
}
