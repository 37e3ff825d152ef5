import { isJsonObject, type Json, type JsonObject, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { runtimeError } from '../run/workflow-error.ts';
import { type Data, type JsonPath, parsePath, valueAt } from './json-path.ts';

/** A condition of a Choice state, ready to be tested. */
export type Condition = (data: Data) => boolean;

type Comparable = string | number | boolean;

/** Reads a value as one of the operator's type; undefined when it is of another, which no comparison holds for. */
type Read = (value: Json | undefined) => Comparable | undefined;

const TYPES: Readonly<Record<string, Read>> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Numeric: (value) => (typeof value === 'number' ? value : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  Timestamp: (value) => timestampOf(value),
};

const COMPARISONS: Readonly<Record<string, (left: Comparable, right: Comparable) => boolean>> = {
  Equals: (left, right) => left === right,
  LessThan: (left, right) => left < right,
  LessThanEquals: (left, right) => left <= right,
  GreaterThan: (left, right) => left > right,
  GreaterThanEquals: (left, right) => left >= right,
};

const TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsString: (value) => typeof value === 'string',
  IsNumeric: (value) => typeof value === 'number',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => timestampOf(value) !== undefined,
};

/** A timestamp of RFC 3339 with the time zone that Step Functions demands. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 timestamp in milliseconds; undefined for anything else. */
export function timestampOf(value: Json | undefined): number | undefined {
  const milliseconds = typeof value === 'string' && TIMESTAMP.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Parses a rule of `Choices`, without its Next. */
export function parseCondition(rule: Json, where: string): Condition {
  if (!isJsonObject(rule)) {
    throw new StartupError(`${where} is ${shown(rule)}: want a rule`);
  }
  const { Comment: _, Variable, ...operators } = rule;
  const [[operator, operand] = ['', null], ...others] = Object.entries(operators);
  if (others.length > 0 || operator === '') {
    throw new StartupError(`${where} has ${shown(Object.keys(operators))}: want one operator`);
  }
  const inner = `${where}.${operator}`;
  switch (operator) {
    case 'And':
      return everyOf(operand, inner);
    case 'Or':
      return someOf(operand, inner);
    case 'Not': {
      const condition = parseCondition(operand, inner);
      return (data) => !condition(data);
    }
    default: {
      const variable = `${where}.Variable`;
      const comparison = comparisonOf(operator, operand, inner);
      return comparison(parsePath(text(Variable, variable), variable));
    }
  }
}

function everyOf(rules: Json, where: string): Condition {
  const conditions = conditionsOf(rules, where);
  return (data) => conditions.every((condition) => condition(data));
}

function someOf(rules: Json, where: string): Condition {
  const conditions = conditionsOf(rules, where);
  return (data) => conditions.some((condition) => condition(data));
}

function conditionsOf(rules: Json, where: string): Condition[] {
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new StartupError(`${where} is ${shown(rules)}: want a list of rules`);
  }
  return rules.map((rule: Json, index) => parseCondition(rule, `${where}[${index}]`));
}

/** Makes the condition of an operator, for any variable. */
function comparisonOf(operator: string, operand: Json, where: string): (variable: JsonPath) => Condition {
  const test = TESTS[operator];
  if (operator === 'IsPresent') {
    const wanted = boolean(operand, where);
    return (variable) => (data) => (valueAt(variable, data) !== undefined) === wanted;
  }
  if (test !== undefined) {
    const wanted = boolean(operand, where);
    return (variable) => (data) => test(presentValue(variable, data)) === wanted;
  }
  if (operator === 'StringMatches') {
    const pattern = patternOf(text(operand, where));
    return (variable) => (data) => {
      const value = presentValue(variable, data);
      return typeof value === 'string' && pattern.test(value);
    };
  }
  return typedComparisonOf(operator, operand, where);
}

function typedComparisonOf(
  operator: string,
  operand: Json,
  where: string,
): (variable: JsonPath) => Condition {
  const [, type = '', name = '', isPath] =
    /^(String|Numeric|Boolean|Timestamp)(.+?)(Path)?$/.exec(operator) ?? [];
  const [read, holds] = [TYPES[type], COMPARISONS[name]];
  if (read === undefined || holds === undefined || (type === 'Boolean' && name !== 'Equals')) {
    throw new StartupError(`${where} is no operator that the local runtime runs`);
  }
  const other = isPath === undefined ? () => operand : pathReader(text(operand, where), where);
  if (isPath === undefined && read(operand) === undefined) {
    throw new StartupError(`${where} is ${shown(operand)}: want a value of the type ${type}`);
  }
  return (variable) => (data) => {
    const left = read(presentValue(variable, data));
    const right = read(other(data));
    return left !== undefined && right !== undefined && holds(left, right);
  };
}

function pathReader(operand: string, where: string): (data: Data) => Json {
  const path = parsePath(operand, where);
  return (data) => presentValue(path, data);
}

function presentValue(path: JsonPath, data: Data): Json {
  const value = valueAt(path, data);
  if (value === undefined) {
    throw runtimeError(
      `Invalid path '${path.text}': The choice state's condition path references an invalid value.`,
    );
  }
  return value;
}

/** `*` is any text; after a backslash it is itself. */
function patternOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\([*\\])|\*|[^*\\]+|\\/gs, (part, escaped: string | undefined) =>
    part === '*' ? '.*' : (escaped ?? part).replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  return new RegExp(`^${source}$`, 's');
}

function text(value: JsonObject[string] | undefined, where: string): string {
  if (typeof value === 'string') {
    return value;
  }
  throw new StartupError(`${where} is ${shown(value)}: want a string`);
}

function boolean(value: Json, where: string): boolean {
  if (typeof value === 'boolean') {
    return value;
  }
  throw new StartupError(`${where} is ${shown(value)}: want true or false`);
}
