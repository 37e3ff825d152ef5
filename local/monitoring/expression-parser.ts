import { AwsApiError } from '../aws-json-api.ts';

/** A metric math expression, taken apart. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'negation'; readonly operand: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] };

/** What binds less comes first. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['OR', '||'],
  ['AND', '&&'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|"([^"]*)"|'([^']*)'|([A-Za-z_]\w*)|(\|\||&&|[<>=!]=|[-+*/^()[\],<>]))/y;

type Token =
  | { readonly kind: 'number' | 'text' | 'word' | 'sign'; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

/** @throws AwsApiError that says where the expression cannot be read. */
export function parseExpression(source: string): Expression {
  const parser = new Parser(source);
  const expression = parser.operation(0);
  parser.end();
  return expression;
}

class Parser {
  readonly #source: string;
  #position = 0;
  #token: Token;

  constructor(source: string) {
    this.#source = source;
    this.#token = this.#read();
  }

  operation(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.#operand();
    let left = this.operation(level + 1);
    while (operators.includes(this.#token.text) && this.#token.kind !== 'text') {
      const operator = this.#take();
      left = { kind: 'operation', operator, left, right: this.operation(level + 1) };
    }
    return left;
  }

  end(): void {
    if (this.#token.kind !== 'end') this.#refuse();
  }

  #operand(): Expression {
    const { kind, text } = this.#token;
    if (kind === 'number') return { kind, value: Number(this.#take()) };
    if (kind === 'text') return { kind, value: this.#take() };
    if (kind === 'word') return this.#wordOrCall();
    if (text === '-') {
      this.#take();
      return { kind: 'negation', operand: this.#operand() };
    }
    if (text === '[') return { kind: 'list', items: this.#items('[', ']') };
    if (text === '(') {
      this.#take();
      const inner = this.operation(0);
      this.#expect(')');
      return inner;
    }
    return this.#refuse();
  }

  #wordOrCall(): Expression {
    const word = this.#take();
    if (this.#token.text !== '(') return { kind: 'id', id: word };
    return { kind: 'call', name: word, arguments: this.#items('(', ')') };
  }

  #items(open: string, close: string): Expression[] {
    this.#expect(open);
    const items: Expression[] = [];
    while (this.#token.text !== close) {
      if (items.length > 0) this.#expect(',');
      items.push(this.operation(0));
    }
    this.#expect(close);
    return items;
  }

  #expect(sign: string): void {
    if (this.#token.text !== sign) this.#refuse();
    this.#take();
  }

  #take(): string {
    const { text } = this.#token;
    this.#token = this.#read();
    return text;
  }

  #read(): Token {
    if (this.#source.slice(this.#position).trim() === '') return { kind: 'end', text: '' };
    TOKEN.lastIndex = this.#position;
    const match = TOKEN.exec(this.#source);
    if (match === null) return this.#refuse();
    this.#position = TOKEN.lastIndex;
    const [, number, doubleQuoted, singleQuoted, word, sign = ''] = match;
    if (number !== undefined) return { kind: 'number', text: number };
    const text = doubleQuoted ?? singleQuoted;
    if (text !== undefined) return { kind: 'text', text };
    return word === undefined ? { kind: 'sign', text: sign } : { kind: 'word', text: word };
  }

  #refuse(): never {
    throw new AwsApiError(
      'ValidationException',
      `expression "${this.#source}" cannot be read here at character ${this.#position}: want metric math of ids, numbers, operators and functions`,
    );
  }
}
