import type { AlarmState } from './alarm-evaluation.ts';

/** The rule of a composite alarm, taken apart. */
export type CompositeRule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly operand: CompositeRule }
  | { readonly kind: 'and' | 'or'; readonly left: CompositeRule; readonly right: CompositeRule };

const TOKEN =
  /\s*(?:\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]+)"|'([^']+)'|([^\s()"']+))\s*\)|\b(AND|OR|NOT|TRUE|FALSE)\b|([()]))/y;

/** Reads an AlarmRule; undefined when it cannot be read. Alarms are named by name or ARN. */
export function parseCompositeRule(source: string): CompositeRule | undefined {
  const tokens = tokensOf(source);
  if (tokens === undefined) return undefined;
  const reader = new RuleReader(tokens);
  const rule = reader.or();
  return reader.isAtEnd ? rule : undefined;
}

/** Lists the alarms that a rule names. */
export function alarmsOf(rule: CompositeRule): string[] {
  switch (rule.kind) {
    case 'constant':
      return [];
    case 'state':
      return [rule.alarm];
    case 'not':
      return alarmsOf(rule.operand);
    default:
      return [...alarmsOf(rule.left), ...alarmsOf(rule.right)];
  }
}

export function isRuleTrue(rule: CompositeRule, stateOf: (alarm: string) => AlarmState): boolean {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'state':
      return stateOf(rule.alarm) === rule.state;
    case 'not':
      return !isRuleTrue(rule.operand, stateOf);
    case 'and':
      return isRuleTrue(rule.left, stateOf) && isRuleTrue(rule.right, stateOf);
    case 'or':
      return isRuleTrue(rule.left, stateOf) || isRuleTrue(rule.right, stateOf);
  }
}

type Token = Extract<CompositeRule, { kind: 'state' }> | string;

function tokensOf(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  let position = 0;
  while (source.slice(position).trim() !== '') {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(source);
    if (match === null) return undefined;
    position = TOKEN.lastIndex;
    const [, state, doubleQuoted, singleQuoted, bare, word, bracket = ''] = match;
    const alarm = doubleQuoted ?? singleQuoted ?? bare ?? '';
    tokens.push(
      state === undefined ? (word ?? bracket) : { kind: 'state', state: state as AlarmState, alarm },
    );
  }
  return tokens;
}

class RuleReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  or(): CompositeRule | undefined {
    return this.#chain('OR', () => this.#chain('AND', () => this.#operand()));
  }

  #chain(word: 'AND' | 'OR', operand: () => CompositeRule | undefined): CompositeRule | undefined {
    let left = operand();
    while (left !== undefined && this.#tokens[this.#next] === word) {
      this.#next += 1;
      const right = operand();
      left = right && { kind: word === 'AND' ? 'and' : 'or', left, right };
    }
    return left;
  }

  #operand(): CompositeRule | undefined {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    if (typeof token === 'object') return token;
    if (token === 'TRUE' || token === 'FALSE') return { kind: 'constant', value: token === 'TRUE' };
    if (token === 'NOT') {
      const operand = this.#operand();
      return operand && { kind: 'not', operand };
    }
    if (token !== '(') return undefined;
    const inner = this.or();
    const isClosed = this.#tokens[this.#next] === ')';
    this.#next += 1;
    return isClosed ? inner : undefined;
  }
}
