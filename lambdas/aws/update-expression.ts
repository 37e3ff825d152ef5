import { type Item, toAttributes } from './task-item.ts';

/** Builds one conditional UpdateItem. Every attribute name goes through a placeholder, so none is a reserved word. */
export class Update {
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];
  readonly #conditions: string[] = [];
  readonly #names: Record<string, string> = { '#status': 'status' };
  #values: Item = {};

  /** Sets each field; removes the ones that are undefined. */
  set(fields: Readonly<Record<string, unknown>>): this {
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) this.#removes.push(this.#name(field));
      else this.#sets.push(`${this.#name(field)} = ${this.#value(field, value)}`);
    }
    return this;
  }

  /** Adds to each number; one that the row does not have counts as 0. */
  add(numbers: Readonly<Record<string, number>>): this {
    for (const [field, value] of Object.entries(numbers)) {
      const name = this.#name(field);
      const current = `if_not_exists(${name}, ${this.#value('zero', 0)})`;
      this.#sets.push(`${name} = ${current} + ${this.#value(field, value)}`);
    }
    return this;
  }

  append(field: string, entries: readonly unknown[]): this {
    this.#sets.push(
      `${this.#name(field)} = list_append(${this.#name(field)}, ${this.#value(field, entries)})`,
    );
    return this;
  }

  when(condition: string, values: Item): this {
    this.#conditions.push(condition);
    this.#values = { ...this.#values, ...values };
    return this;
  }

  /**
   * Writes only over a row whose fields still have these values: null for a field that the row must not have. Fields that are
   * undefined are not compared.
   */
  whenSame(fields: Readonly<Record<string, unknown>>): this {
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const name = this.#name(field);
      this.#conditions.push(
        value === null ? `attribute_not_exists(${name})` : `${name} = ${this.#value(`same_${field}`, value)}`,
      );
    }
    return this;
  }

  build() {
    const clauses = { SET: this.#sets, REMOVE: this.#removes };
    const UpdateExpression = Object.entries(clauses)
      .filter(([, parts]) => parts.length > 0)
      .map(([verb, parts]) => `${verb} ${parts.join(', ')}`)
      .join(' ');
    const ConditionExpression = this.#conditions.join(' AND ');
    // DynamoDB refuses a name that no expression has.
    const isUsed = (name: string) => UpdateExpression.includes(name) || ConditionExpression.includes(name);
    return {
      UpdateExpression,
      ConditionExpression,
      ExpressionAttributeNames: Object.fromEntries(
        Object.entries(this.#names).filter(([name]) => isUsed(name)),
      ),
      ExpressionAttributeValues: this.#values,
    };
  }

  #name(field: string): string {
    this.#names[`#${field}`] = field;
    return `#${field}`;
  }

  #value(name: string, value: unknown): string {
    this.#values = { ...this.#values, ...toAttributes({ [`:new_${name}`]: value }) };
    return `:new_${name}`;
  }
}
