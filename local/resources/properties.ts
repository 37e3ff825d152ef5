import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { StartupError } from '../startup-error.ts';

/** Reads the resolved properties of one resource; an error names the resource, the property, the value and what is wanted. */
export class Properties {
  readonly #logicalId: string;
  readonly #values: JsonObject;

  constructor(logicalId: string, values: JsonObject) {
    this.#logicalId = logicalId;
    this.#values = values;
  }

  get all(): JsonObject {
    return this.#values;
  }

  get(path: string): Json | undefined {
    let value: Json | undefined = this.#values;
    for (const key of path.split('.')) {
      value = isJsonObject(value) ? value[key] : undefined;
    }
    return value;
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  string(path: string): string {
    return this.optionalString(path) ?? this.refuse(path, 'a string');
  }

  optionalString(path: string): string | undefined {
    const value = this.get(path);
    if (value === undefined || typeof value === 'string') {
      return value;
    }
    return typeof value === 'number' ? String(value) : this.refuse(path, 'a string');
  }

  optionalNumber(path: string): number | undefined {
    const value = this.get(path);
    if (value === undefined) {
      return undefined;
    }
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : this.refuse(path, 'a number');
  }

  number(path: string, absent: number): number {
    return this.optionalNumber(path) ?? absent;
  }

  boolean(path: string, absent: boolean): boolean {
    const value = this.get(path) ?? absent;
    if (value === true || value === 'true') {
      return true;
    }
    return value === false || value === 'false' ? false : this.refuse(path, 'true or false');
  }

  list(path: string): readonly Json[] {
    const value = this.get(path) ?? [];
    return Array.isArray(value) ? value : this.refuse(path, 'a list');
  }

  /** A list of objects, each to be read like these properties. */
  objects(path: string): readonly Properties[] {
    return this.list(path).map((value, index) =>
      isJsonObject(value)
        ? new Properties(`${this.#logicalId}.${path}[${index}]`, value)
        : this.refuse(path, 'a list of objects'),
    );
  }

  strings(path: string): readonly string[] {
    return this.list(path).map((value) =>
      typeof value === 'string' ? value : this.refuse(path, 'a list of strings'),
    );
  }

  oneOf<const T extends string>(path: string, values: readonly T[]): T {
    const value = this.get(path);
    return values.find((known) => known === value) ?? this.refuse(path, `one of ${values.join(', ')}`);
  }

  object(path: string): JsonObject {
    const value = this.get(path) ?? {};
    return isJsonObject(value) ? value : this.refuse(path, 'an object');
  }

  /** Throws the error for a property whose value the local runtime cannot take. */
  refuse(path: string, wanted: string): never {
    throw new StartupError(`${this.#logicalId}.${path} is ${shown(this.get(path))}: want ${wanted}`);
  }
}
