import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** A row, or an entry of an index. */
export interface Item {
  readonly [attribute: string]: AttributeValue;
}

/** What the placeholders of an expression stand for. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

type Value = AttributeValue | undefined;
type Operand = (item: Item, placeholders: Placeholders) => Value;
type Condition = (item: Item, placeholders: Placeholders) => boolean;
type Change = (item: Item, placeholders: Placeholders) => readonly [name: string, value: Value];

const conditions = new Map<string, Condition>();
const updates = new Map<string, readonly Change[]>();

/** Tells whether an item (an absent one is empty) fulfils a condition, filter or key condition. */
export function fulfils(item: Item, expression: string | undefined, placeholders: Placeholders): boolean {
  if (expression === undefined) return true;
  const condition = conditions.get(expression) ?? parsed(expression, (parser) => parser.condition());
  conditions.set(expression, condition);
  return condition(item, placeholders);
}

/** Returns an item as an UpdateExpression of SET and REMOVE leaves it. */
export function updated(item: Item, expression: string, placeholders: Placeholders): Item {
  const changes = updates.get(expression) ?? parsed(expression, (parser) => parser.changes());
  updates.set(expression, changes);
  // Each is made from the item as it was.
  const made = changes.map((change) => change(item, placeholders));
  const after: Record<string, AttributeValue> = { ...item };
  for (const [name, value] of made) {
    if (value === undefined) delete after[name];
    else after[name] = value;
  }
  return after;
}

/** Returns which attributes an expression names, in no particular order. */
export function namesIn(expression: string, names: Readonly<Record<string, string>>): string[] {
  return [...new Set([...expression.matchAll(/#\w+/g)].map(([name]) => names[name] ?? name))];
}

function parsed<T>(expression: string, parse: (parser: Parser) => T): T {
  const parser = new Parser(expression);
  const result = parse(parser);
  parser.end();
  return result;
}

const COMPARISONS: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Parses the part of DynamoDB's expressions that the product uses; anything else is an error. */
class Parser {
  readonly #expression: string;
  readonly #tokens: string[];

  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = expression.match(/[#:]?\w+|<=|>=|<>|[^\s\w]/g) ?? [];
  }

  condition(): Condition {
    let left = this.#conjunction();
    while (this.#take('OR')) {
      const [before, right] = [left, this.#conjunction()];
      left = (...of) => before(...of) || right(...of);
    }
    return left;
  }

  changes(): Change[] {
    const changes: Change[] = [];
    while (this.#tokens.length > 0) {
      const parse = this.#take('SET') ? () => this.#set() : this.#take('REMOVE') && (() => this.#remove());
      if (!parse) throw this.#unknown();
      do changes.push(parse());
      while (this.#take(','));
    }
    return changes;
  }

  end(): void {
    if (this.#tokens.length > 0) throw this.#unknown();
  }

  #conjunction(): Condition {
    let left = this.#term();
    while (this.#take('AND')) {
      const [before, right] = [left, this.#term()];
      left = (...of) => before(...of) && right(...of);
    }
    return left;
  }

  #term(): Condition {
    if (this.#take('NOT')) {
      const negated = this.#term();
      return (...of) => !negated(...of);
    }
    if (this.#take('(')) {
      const inner = this.condition();
      this.#want(')');
      return inner;
    }
    for (const [name, isWanted] of [
      ['attribute_exists', true] as const,
      ['attribute_not_exists', false] as const,
    ]) {
      if (!this.#take(name)) continue;
      const [operand] = this.#inParentheses();
      return (...of) => (operand?.(...of) !== undefined) === isWanted;
    }
    if (this.#take('begins_with')) {
      const [text, start] = this.#inParentheses();
      return (...of) => (text?.(...of)?.S ?? '').startsWith(start?.(...of)?.S ?? '');
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const left = this.#operand();
    if (this.#take('IN')) {
      const choices = this.#inParentheses();
      return (...of) => choices.some((choice) => isEqual(left(...of), choice(...of)));
    }
    if (this.#take('BETWEEN')) {
      const low = this.#operand();
      this.#want('AND');
      const high = this.#operand();
      return (...of) =>
        isOrdered(left(...of), low(...of), COMPARISONS['>=']) &&
        isOrdered(left(...of), high(...of), COMPARISONS['<=']);
    }
    const comparison = COMPARISONS[this.#tokens.shift() ?? ''];
    if (!comparison) throw this.#unknown();
    const right = this.#operand();
    return (...of) => isOrdered(left(...of), right(...of), comparison);
  }

  #set(): Change {
    const name = this.#name();
    this.#want('=');
    let value = this.#operand();
    while (this.#take('+')) {
      const [before, added] = [value, this.#operand()];
      value = (...of) => ({ N: String(Number(before(...of)?.N) + Number(added(...of)?.N)) });
    }
    return (...of) => [name(of[1]), value(...of)];
  }

  #remove(): Change {
    const name = this.#name();
    return (_, placeholders) => [name(placeholders), undefined];
  }

  #operand(): Operand {
    if (this.#take('if_not_exists')) {
      const [first, second] = this.#inParentheses();
      return (...of) => first?.(...of) ?? second?.(...of);
    }
    if (this.#take('list_append')) {
      const lists = this.#inParentheses();
      return (...of) => ({ L: lists.flatMap((list) => list(...of)?.L ?? []) });
    }
    const [token = ''] = this.#tokens;
    if (token.startsWith(':')) {
      this.#tokens.shift();
      return (_, { values }) => values[token];
    }
    const name = this.#name();
    return (item, placeholders) => item[name(placeholders)];
  }

  #inParentheses(): Operand[] {
    this.#want('(');
    const operands: Operand[] = [];
    do operands.push(this.#operand());
    while (this.#take(','));
    this.#want(')');
    return operands;
  }

  #name(): (placeholders: Placeholders) => string {
    const token = this.#tokens.shift() ?? '';
    if (!/^#?\w+$/.test(token)) throw this.#unknown();
    return token.startsWith('#') ? ({ names }) => names[token] ?? token : () => token;
  }

  #take(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #want(token: string): void {
    if (!this.#take(token)) throw this.#unknown();
  }

  #unknown(): Error {
    return new Error(`cannot simulate "${this.#expression}": at "${this.#tokens.join(' ')}"`);
  }
}

function isOrdered(left: Value, right: Value, comparison = COMPARISONS['=']): boolean {
  if (left === undefined || right === undefined) return false;
  if (left.N !== undefined && right.N !== undefined)
    return comparison?.(Number(left.N) - Number(right.N)) ?? false;
  if (left.S !== undefined && right.S !== undefined) return comparison?.(orderOf(left.S, right.S)) ?? false;
  return comparison === COMPARISONS['='] && isEqual(left, right);
}

function isEqual(left: Value, right: Value): boolean {
  return left !== undefined && JSON.stringify(left) === JSON.stringify(right);
}

/** By code units, as DynamoDB orders ASCII. */
function orderOf(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
